// The playlist on the page: names, order, length, and where it can go.

import { announce, byId, element, iconButton } from "./dom.js";
import { showToast } from "./toast.js";
import { counted, credits, fullName, playingTime } from "./words.js";

/** @typedef {import("./playlist.js").Playlist} Playlist */
/** @typedef {import("./api.js").Track} Track */

const FIRST = 10;

/**
 * @param {Playlist} playlist
 * @param {{tracks: () => Track[], download: (format: "jspf" | "csv") => void, save: () => void}} ways where tracks come
 *   from, and where a playlist can go
 */
export function showPlaylist(playlist, ways) {
  const parts = build(playlist, ways);
  byId("playlist").replaceChildren(...Object.values(parts));
  const draw = () => {
    const { tracks } = playlist;
    const focus = focused(parts.queue);
    parts.line.textContent = tracks.length ? line(playlist) : "Add tracks with + and they wait here, in your order.";
    parts.name.hidden = parts.actions.hidden = tracks.length === 0;
    const filled = tracks.length > 0 && parts.fill.contains(document.activeElement);
    parts.fill.hidden = tracks.length > 0;
    if (filled) parts.title.focus();
    parts.queue.replaceChildren(...tracks.map((track, place) => item(playlist, track, place)));
    refocus(parts.queue, focus);
    const shortcut = byId("to-playlist");
    shortcut.hidden = tracks.length === 0;
    shortcut.textContent = `Playlist · ${line(playlist)}`;
  };
  playlist.addEventListener("change", draw);
  draw();
}

/** @param {Playlist} playlist @param {Parameters<typeof showPlaylist>[1]} ways */
function build(playlist, ways) {
  const name = element("input", {
    class: "field",
    id: "playlist-name",
    value: playlist.name,
    maxlength: "100",
    autocomplete: "off",
  });
  name.addEventListener("change", () => {
    playlist.rename(name.value);
    name.value = playlist.name;
  });
  const button = (/** @type {string} */ kind, /** @type {string} */ text, /** @type {() => void} */ onclick) =>
    element("button", { type: "button", class: kind, onclick }, text);
  const take = button("secondary", `Add the first ${FIRST}`, () => playlist.add(...ways.tracks().slice(0, FIRST)));
  take.id = "take-first";
  take.disabled = true; // until there is a list
  return {
    title: element("h2", { id: "playlist-title", tabindex: "-1" }, "Playlist"),
    line: element("p", { class: "soft" }),
    fill: element("p", {}, take),
    name: element(
      "p",
      { class: "playlist-name" },
      element("label", { class: "label", for: "playlist-name" }, "Name"),
      name,
    ),
    queue: element("ol", { class: "queue", "aria-labelledby": "playlist-title" }),
    actions: element(
      "div",
      { class: "playlist-actions" },
      button("primary", "Save to Spotify…", ways.save),
      element("p", { class: "soft", id: "take-away" }, "or download it as a file"),
      button("secondary", "CSV", () => ways.download("csv")),
      button("secondary", "JSPF", () => ways.download("jspf")),
      button("quiet", "Clear it", () => emptied(playlist)),
    ),
  };
}

/** @param {Playlist} playlist */
function line(playlist) {
  const { milliseconds, unknown } = playlist.length();
  const time = milliseconds ? ` · ${playingTime(milliseconds)}` : "";
  return `${counted(playlist.tracks.length, "track", "tracks")}${time}${unknown ? ` + ${unknown} of unknown length` : ""}`;
}

/** @param {Playlist} playlist @param {Track} track @param {number} place */
function item(playlist, track, place) {
  const name = fullName(track);
  const last = playlist.tracks.length - 1;
  const move = (/** @type {number} */ by) => {
    playlist.move(place, place + by);
    announce(`${track.title} is number ${place + by + 1} of ${last + 1}.`);
  };
  const tool = (
    /** @type {string} */ picture,
    /** @type {string} */ words,
    /** @type {() => void} */ act,
    /** @type {boolean} */ disabled,
  ) => iconButton(picture, `${words} ${name}`, act, { "data-does": `${picture} ${track.track_id}`, disabled });
  const row = element(
    "li",
    { draggable: "true", "data-place": place },
    element("div", {}, element("strong", {}, track.title), element("small", {}, credits(track))),
    element(
      "div",
      { class: "tools" },
      tool("up", "Move up", () => move(-1), place === 0),
      tool("down", "Move down", () => move(1), place === last),
      tool("close", "Take out", () => removed(playlist, track), false),
    ),
  );
  makeDraggable(row, place, (from) => playlist.move(from, place));
  return row;
}

/** @param {HTMLElement} row @param {number} place @param {(from: number) => void} drop */
function makeDraggable(row, place, drop) {
  row.addEventListener("dragstart", (event) => {
    event.dataTransfer?.setData("text/plain", String(place));
    row.classList.add("dragged");
  });
  row.addEventListener("dragend", () => row.classList.remove("dragged"));
  row.addEventListener("dragover", (event) => {
    event.preventDefault();
    row.classList.add("over");
  });
  row.addEventListener("dragleave", () => row.classList.remove("over"));
  row.addEventListener("drop", (event) => {
    event.preventDefault();
    row.classList.remove("over");
    const from = Number.parseInt(event.dataTransfer?.getData("text/plain") ?? "", 10);
    if (from >= 0) drop(from);
  });
}

/** @param {Playlist} playlist @param {Track} track */
function removed(playlist, track) {
  const before = playlist.tracks;
  playlist.remove(track.track_id);
  showToast(`${track.title} is out of your playlist.`, { label: "Undo", act: () => playlist.restore(before) });
}

/** @param {Playlist} playlist */
function emptied(playlist) {
  const before = playlist.tracks;
  playlist.clear();
  byId("playlist-title").focus();
  showToast("Your playlist is empty.", { label: "Undo", act: () => playlist.restore(before) });
}

/** What in the queue has the focus. @param {HTMLElement} queue */
function focused(queue) {
  const focus = document.activeElement;
  if (!focus || !queue.contains(focus)) return null;
  return { does: focus.getAttribute("data-does"), place: Number(focus.closest("li")?.dataset.place) };
}

/** Give the focus back: to the same button, to its neighbour, or to the head. @param {HTMLElement} queue @param {ReturnType<typeof focused>} focus */
function refocus(queue, focus) {
  if (!focus) return;
  const buttons = [...queue.querySelectorAll("button")];
  const same = buttons.find((button) => button.dataset.does === focus.does);
  const row = same?.closest("li") ?? queue.children[Math.min(focus.place, queue.children.length - 1)];
  const goal = same && !same.disabled ? same : row?.querySelector("button:enabled");
  /** @type {HTMLElement} */ (goal ?? byId("playlist-title")).focus({ preventScroll: true });
}
