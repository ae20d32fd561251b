// Why a track is in the list: in words, and as a bar in which the picks fade into each other.

import { element } from "./dom.js";
import { fullName, percent } from "./words.js";

/** @typedef {import("./api.js").Recommended} Recommended */
/** @typedef {import("./api.js").Track} Track */
/** @typedef {(id: string) => string} Colours the colour class of a track that is a reason */
/** @typedef {{track: Track | null, share: number}} Part */

const SHORTEST_BAR = 0.06;
const LEAST_NAMED = 0.01;
/** How much of the bar, in percent, one colour takes to become the next. */
const FADE = 5;

/**
 * @param {Recommended} entry
 * @param {number} top the best score in the list: the bar's length is measured by it
 * @param {Colours} colours
 */
export function why(entry, top, colours) {
  const parts = shares(entry);
  if (!parts.length) {
    const text =
      entry.score > 0
        ? "It fits your picks as a whole."
        : "Your picks say nothing about it, but many listeners play it.";
    return element("div", { class: "why" }, element("p", {}, text));
  }
  const words = element("p", {}, element("span", {}, "because of"));
  parts.forEach((part, place) => words.append(" ", reason(part, place < parts.length - 1, colours)));
  return element("div", { class: "why" }, bar(parts, entry.score / top, colours), words);
}

/**
 * What a recommendation rests on: named shares that add up to one, too small ones together as "others".
 * @param {Recommended} entry
 * @returns {Part[]}
 */
export function shares(entry) {
  const named = entry.because.filter((part) => part.share >= LEAST_NAMED);
  const rest = 1 - named.reduce((sum, part) => sum + part.share, 0);
  return named.length && rest >= LEAST_NAMED ? [...named, { track: null, share: rest }] : named;
}

/** @param {Part[]} parts @param {number} strength @param {Colours} colours */
function bar(parts, strength, colours) {
  const drawn = element("div", { class: "blend", "aria-hidden": "true" });
  /** @type {string[]} */
  const stops = [];
  let from = 0;
  parts.forEach((part, place) => {
    const to = from + 100 * part.share;
    const fade = Math.min(FADE, 50 * part.share);
    const colour = `var(--${shade(part, colours).replace("colour-", "c").replace("cnone", "none")})`;
    const start = place ? from + fade / 2 : 0;
    const end = place < parts.length - 1 ? to - fade / 2 : 100;
    stops.push(`${colour} ${start.toFixed(1)}% ${end.toFixed(1)}%`);
    from = to;
  });
  drawn.style.width = `${(100 * Math.min(1, Math.max(SHORTEST_BAR, strength))).toFixed(1)}%`;
  drawn.style.background = parts.length > 1 ? `linear-gradient(90deg, ${stops.join(", ")})` : stops[0].split(" ")[0];
  return drawn;
}

/** @param {Part} part @param {boolean} more whether another follows @param {Colours} colours */
function reason(part, more, colours) {
  const name = part.track ? part.track.title : "others";
  return element(
    "span",
    { class: `reason ${shade(part, colours)}`, title: part.track ? fullName(part.track) : null },
    element("span", { class: "dot", "aria-hidden": "true" }),
    element("span", { class: "reason-name" }, name),
    ` ${percent(part.share)}`,
    more ? element("span", { class: "unseen" }, ",") : null,
  );
}

/** @param {Part} part @param {Colours} colours */
const shade = (part, colours) => (part.track ? colours(part.track.track_id) : "colour-none");
