// Covers of our own making: two inks, printed over each other, drawn from a name. The same name gives the same cover.

import { drawn } from "./dom.js";

const INKS = 6;

/** @type {((one: string, two: string) => SVGElement[])[]} */
const PATTERNS = [
  (one, two) => [circle(17, 24, 13, one), circle(31, 24, 13, two)],
  (one, two) => [circle(24, 24, 19, one), rectangle(0, 24, 48, 24, two)],
  (one, two) => [rectangle(0, 0, 30, 48, one), circle(30, 24, 15, two)],
  (one, two) => [...[4, 16, 28, 40].map((x) => rectangle(x, 0, 5, 48, one)), circle(24, 24, 15, two)],
  (one, two) => [path("M0 48A48 48 0 0 1 48 0V48z", one), path("M0 0A34 34 0 0 0 34 34V0z", two)],
  (one, two) => [path("M0 48L24 6L48 48z", one), circle(33, 17, 12, two)],
  (one, two) => [path("M0 30Q12 14 24 30T48 30V48H0z", one), path("M0 20Q12 36 24 20T48 20V0H0z", two)],
  (one, two) => [circle(24, 24, 21, one), circle(24, 24, 12, two), circle(24, 24, 4, one)],
];

/**
 * @param {import("./api.js").Track} track tracks of one album share its cover
 * @returns {SVGElement}
 */
export const sleeveOf = (track) => sleeve(`${track.artists[0] ?? ""}/${track.album ?? track.title}`);

/** @param {string} name @param {string} [viewBox] */
export function sleeve(name, viewBox = "0 0 48 48") {
  const hash = hashed(name);
  const one = hash % INKS;
  const two = (one + 1 + ((hash >>> 4) % (INKS - 1))) % INKS;
  const turn = ((hash >>> 9) % 4) * 90;
  const shapes = PATTERNS[(hash >>> 12) % PATTERNS.length](`ink-${one}`, `ink-${two}`);
  const print = drawn("g", { transform: `rotate(${turn} 24 24)` }, ...shapes);
  return drawn(
    "svg",
    { class: "sleeve", viewBox, preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true", focusable: "false" },
    print,
  );
}

/** FNV-1a. @param {string} text */
function hashed(text) {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** @param {number} cx @param {number} cy @param {number} r @param {string} ink */
const circle = (cx, cy, r, ink) => drawn("circle", { cx, cy, r, class: ink });
/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} ink */
const rectangle = (x, y, width, height, ink) => drawn("rect", { x, y, width, height, class: ink });
/** @param {string} d @param {string} ink */
const path = (d, ink) => drawn("path", { d, class: ink });
