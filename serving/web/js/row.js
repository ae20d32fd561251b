// One track of the list. A row lives as long as its track stays, so that what has the focus keeps it.

import { element, icon, iconButton } from "./dom.js";
import { detailsOf } from "./details.js";
import { why } from "./reasons.js";
import { sleeveOf } from "./sleeve.js";
import { pageOf } from "./spotify.js";
import { counted, fullName } from "./words.js";

/** @typedef {import("./api.js").Track} Track */
/** @typedef {import("./api.js").Recommended} Recommended */
/**
 * What can be done with a track.
 * @typedef {{like: (track: Track) => void, skip: (track: Track) => void, blockTrack: (track: Track) => void,
 *   blockArtist: (track: Track, artist: string) => void, more: (track: Track) => void, play: (track: Track) => void,
 *   toggle: (track: Track) => void, isTaken: (track: Track) => boolean}} Actions
 */

export class Row {
  /** @param {Track} track @param {Actions} actions */
  constructor(track, actions) {
    const name = fullName(track);
    this.track = track;
    this.actions = actions;
    this.rank = element("span", { class: "rank", "aria-hidden": "true" });
    this.place = element("div", { class: "place" }, this.rank);
    this.reason = element("div", { class: "why" });
    this.take = iconButton("add", `Add ${name} to the playlist`, () => actions.toggle(track), {
      class: "round take",
      "aria-pressed": "false",
    });
    this.extra = element("div", { class: "extra", id: `extra-${nextId()}`, hidden: true });
    this.element = element(
      "li",
      { class: "row" },
      this.place,
      cover(track, actions),
      what(track),
      this.reason,
      this.#buttons(name),
      this.extra,
    );
  }

  /**
   * @param {Recommended} entry
   * @param {{top: number, reasons: boolean, colours: import("./reasons.js").Colours}} list
   * @param {number | null | undefined} move places up, null for new, undefined for not to be said
   */
  update(entry, list, move) {
    this.rank.textContent = String(entry.rank);
    this.place.replaceChildren(this.rank, marker(move));
    const reason = list.reasons ? why(entry, list.top, list.colours) : element("div", { class: "why", hidden: true });
    this.reason.replaceWith(reason);
    this.reason = reason;
    this.updateTaken();
  }

  updateTaken() {
    const taken = this.actions.isTaken(this.track);
    this.take.setAttribute("aria-pressed", String(taken));
    this.take.replaceChildren(icon(taken ? "tick" : "add"));
  }

  /** @param {string} name */
  #buttons(name) {
    const { actions, track } = this;
    const more = iconButton("more", `More about ${name}`, () => this.#unfold(more), {
      "aria-expanded": "false",
      "aria-controls": this.extra.id,
    });
    return element(
      "div",
      { class: "actions" },
      iconButton("heart", `Like ${name}`, () => actions.like(track), { class: "round like" }),
      iconButton("skip", `Skip ${name}`, () => actions.skip(track), { class: "round skip" }),
      this.take,
      more,
    );
  }

  /** @param {HTMLElement} button */
  #unfold(button) {
    this.extra.hidden = !this.extra.hidden;
    button.setAttribute("aria-expanded", String(!this.extra.hidden));
    if (this.extra.childElementCount === 0) this.extra.append(...extras(this.track, this.actions));
  }
}

let ids = 0;
const nextId = () => (ids += 1);

/** The cover; where the track can be played, it is the button. @param {Track} track @param {Actions} actions */
function cover(track, actions) {
  const picture = element("div", { class: "cover" }, sleeveOf(track));
  if (!track.spotify_id) return picture;
  const name = `Play ${fullName(track)}: loads Spotify’s player`;
  picture.append(
    element(
      "button",
      { type: "button", class: "play", "aria-label": name, title: name, onclick: () => actions.play(track) },
      element("span", {}, icon("play")),
    ),
  );
  return picture;
}

/** @param {Track} track */
function what(track) {
  const explicit = track.explicit
    ? element("span", { class: "explicit", title: "explicit" }, "E", element("span", { class: "unseen" }, "xplicit"))
    : null;
  return element(
    "div",
    { class: "what" },
    element("h3", {}, track.title, explicit),
    detailsOf(track),
  );
}

/** How a track moved, with an arrow and in words. @param {number | null | undefined} move */
function marker(move) {
  if (move === undefined || move === 0) return "";
  if (move === null) return element("span", { class: "move new" }, "new");
  const [kind, arrow] = move > 0 ? ["up", "▲"] : ["down", "▼"];
  return element(
    "span",
    { class: `move ${kind}` },
    element("span", { "aria-hidden": "true" }, `${arrow}\u00a0${Math.abs(move)}`),
    element("span", { class: "unseen" }, `moved ${kind} ${counted(Math.abs(move), "place", "places")}`),
  );
}

/** What is not needed in every row. @param {Track} track @param {Actions} actions */
function extras(track, actions) {
  const pill = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
    element("button", { type: "button", class: "pill", onclick }, text);
  const link = track.spotify_id
    ? element(
        "a",
        { class: "pill", href: pageOf(track), target: "_blank", rel: "noopener noreferrer" },
        "Open in Spotify",
      )
    : null;
  return [
    pill("More like this", () => actions.more(track)),
    pill("Never this track", () => actions.blockTrack(track)),
    ...track.artists.map((artist) => pill(`Never ${artist}`, () => actions.blockArtist(track, artist))),
    ...(link ? [link] : []),
  ];
}
