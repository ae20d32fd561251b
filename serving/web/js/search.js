// Search as you type: the combobox pattern of the ARIA Authoring Practices.

import { call, isAborted } from "./api.js";
import { detailsOf } from "./details.js";
import { announce, byId, debounced, element } from "./dom.js";
import { sleeveOf } from "./sleeve.js";
import { counted } from "./words.js";

/** @typedef {import("./api.js").Track} Track */

const WAIT = 120;
const SHOWN = 8;

/**
 * @param {import("./mix.js").Mix} mix
 * @param {(error: unknown) => void} report what to do when the service fails
 */
export function enableSearch(mix, report) {
  const query = /** @type {HTMLInputElement} */ (byId("query"));
  const list = byId("found");
  const note = byId("search-note");
  /** @type {Track[]} */
  let found = [];
  let active = -1;
  /** The text whose matches are shown, and whether Enter was pressed before those of a newer one were there. */
  let answered = "";
  let hasty = false;
  let asking = new AbortController();

  const close = () => {
    asking.abort();
    hasty = false;
    found = [];
    activate(-1);
    list.hidden = true;
    list.replaceChildren();
    note.hidden = true;
    query.setAttribute("aria-expanded", "false");
  };

  const activate = (/** @type {number} */ place) => {
    active = place;
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
    const option = list.children[place];
    if (option) {
      query.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else query.removeAttribute("aria-activedescendant");
  };

  const choose = (/** @type {Track} */ track) => {
    query.value = "";
    close();
    mix.add(track);
    announce(`${track.title} is in your mix.`);
  };

  const show = (/** @type {string} */ text, /** @type {Track[]} */ tracks) => {
    answered = text;
    found = tracks.filter((track) => !mix.has(track.track_id)).slice(0, SHOWN);
    list.replaceChildren(...found.map((track, index) => option(track, index, () => choose(track))));
    list.hidden = found.length === 0;
    note.hidden = found.length > 0;
    note.textContent = tracks.length ? "That one is in your mix already." : "Nothing matches. Try fewer letters.";
    query.setAttribute("aria-expanded", String(found.length > 0));
    activate(-1);
    if (hasty && found.length) {
      choose(found[0]);
      return;
    }
    hasty = false;
    announce(found.length ? counted(found.length, "match", "matches") : note.textContent);
  };

  const ask = debounced(WAIT, async () => {
    const text = query.value.trim();
    if (!text || document.activeElement !== query) return;
    asking.abort();
    asking = new AbortController();
    try {
      const answer = await call("search", { query: text, k: SHOWN + mix.seeds.length }, asking.signal);
      show(text, answer.tracks);
    } catch (error) {
      if (!isAborted(error)) report(error);
    }
  });

  query.addEventListener("input", () => {
    hasty = false;
    if (query.value.trim()) ask();
    else close();
  });
  query.addEventListener("blur", close);
  query.addEventListener("keydown", (event) => {
    const last = found.length - 1;
    if (event.key === "ArrowDown" && found.length) activate(active === last ? 0 : active + 1);
    else if (event.key === "ArrowUp" && found.length) activate(active <= 0 ? last : active - 1);
    else if (event.key === "Enter" && query.value.trim() !== answered) hasty = true;
    else if (event.key === "Enter" && found.length) choose(found[Math.max(active, 0)]);
    else if (event.key === "Escape" && query.value) {
      query.value = "";
      close();
    } else return;
    event.preventDefault();
  });
}

/** @param {Track} track @param {number} index @param {() => void} choose */
function option(track, index, choose) {
  return element(
    "li",
    {
      id: `found-${index}`,
      role: "option",
      "aria-selected": "false",
      onpointerdown: (/** @type {Event} */ event) => event.preventDefault(), // or the input would lose the focus first
      onclick: choose,
    },
    sleeveOf(track),
    element("span", {}, track.title),
    detailsOf(track, "small"),
  );
}
