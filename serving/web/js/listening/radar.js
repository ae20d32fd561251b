// A radar of features between 0 and 1. The same numbers stand in the table beside it, so it is only a picture.

import { drawn } from "../dom.js";

const RADIUS = 100;
const LABELS_AT = 1.14;
const RINGS = [0.25, 0.5, 0.75, 1];

/** @param {{label: string, mean: number | null}[]} features a feature nobody knows has a corner and no point */
export function radar(features) {
  const at = (/** @type {number} */ place, /** @type {number} */ value) => {
    const angle = (2 * Math.PI * place) / features.length - Math.PI / 2;
    return [RADIUS * value * Math.cos(angle), RADIUS * value * Math.sin(angle)];
  };
  const corners = (/** @type {number} */ value) =>
    features.map((_, place) => at(place, value).map(short).join(",")).join(" ");
  const known = features.flatMap(({ mean }, place) => (mean === null ? [] : [at(place, mean)]));
  return drawn(
    "svg",
    { class: "radar", viewBox: "-150 -130 300 260", "aria-hidden": "true", focusable: "false" },
    ...RINGS.map((ring) => drawn("polygon", { class: "grid", points: corners(ring) })),
    ...features.map((_, place) => line(at(place, 1))),
    drawn("polygon", { class: "shape", points: known.map((point) => point.map(short).join(",")).join(" ") }),
    ...known.map(([x, y]) => drawn("circle", { class: "point", cx: short(x), cy: short(y), r: 3.5 })),
    ...features.map(({ label }, place) => text(label, at(place, LABELS_AT))),
  );
}

/** @param {number} value */
const short = (value) => value.toFixed(1);
/** @param {number[]} end */
const line = ([x, y]) => drawn("line", { class: "grid", x1: 0, y1: 0, x2: short(x), y2: short(y) });
/** @param {string} label @param {number[]} place */
const text = (label, [x, y]) => drawn("text", { x: short(x), y: short(y + 4) }, label);
