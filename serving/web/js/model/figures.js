// A model's figures: in words, as intervals one can see, and as a table.

import { drawn, element } from "../dom.js";

/** @typedef {{mean: number, low: number, high: number, n: number}} Estimate */
/** @typedef {{metrics?: Record<string, Estimate>, summary?: Record<string, number>, protocol?: string}} Figures */

/** @type {Record<string, string>} */
const PROTOCOLS = {
  "unseen-users":
    "on listeners it had never seen: part of what each one played is shown to it, and it has to find the rest",
  holdout: "on plays that were hidden from it",
  time: "on what listeners played for the first time after the day it was trained to",
};

/** What each figure means to a listener. @type {[string, string, (mean: number) => string][]} */
const IN_WORDS = [
  [
    "ndcg@10",
    "nDCG@10",
    () => "How much of the best possible list of ten it reaches, early places counting more. 1 would be perfect.",
  ],
  [
    "hit_rate@10",
    "Hit rate@10",
    (mean) => `About ${Math.round(mean * 100)} of 100 listeners find a track they really played among ten.`,
  ],
  ["precision@10", "Precision@10", (mean) => `Of ten tracks, about ${(mean * 10).toFixed(1)} were really played.`],
  [
    "recall@20",
    "Recall@20",
    (mean) => `Twenty tracks hold about ${Math.round(mean * 100)} of every 100 tracks that were to be found.`,
  ],
  [
    "tail_recall@20",
    "Recall@20 of rare tracks",
    (mean) => `The same for tracks that few people play: about ${Math.round(mean * 100)} of 100.`,
  ],
];

/** @param {Figures} figures */
export function measures({ metrics = {}, protocol = "" }) {
  const shown = IN_WORDS.filter(([key]) => metrics[key]);
  const seen = PROTOCOLS[protocol] ?? protocol;
  return element(
    "section",
    { class: "panel", "aria-labelledby": "measures-title" },
    element("h2", { id: "measures-title" }, "How well it does"),
    element("p", {}, `Measured ${seen}. The bar shows how sure that is: it contains the true value 95 times out of 100.`),
    element("div", {}, ...shown.map(([key, name, words]) => measure(name, metrics[key], words(metrics[key].mean)))),
  );
}

/** @param {string} name @param {Estimate} estimate @param {string} words */
function measure(name, estimate, words) {
  const { mean, low, high } = estimate;
  return element(
    "div",
    { class: "measure" },
    element(
      "div",
      { class: "measure-head" },
      element("span", {}, name),
      element("strong", {}, mean.toFixed(3)),
      element("small", {}, `${low.toFixed(3)} to ${high.toFixed(3)}`),
    ),
    interval(estimate),
    element("p", { class: "soft" }, words),
  );
}

/** @param {Estimate} estimate */
function interval({ mean, low, high }) {
  const line = (/** @type {string} */ kind, /** @type {number} */ from, /** @type {number} */ to) =>
    drawn("line", { class: kind, x1: `${100 * from}%`, x2: `${100 * to}%`, y1: 9, y2: 9 });
  return drawn(
    "svg",
    { class: "interval", "aria-hidden": "true", focusable: "false" },
    line("scale", 0, 1),
    line("range", low, high),
    drawn("circle", { class: "mean", cx: `${100 * mean}%`, cy: 9, r: 5 }),
  );
}

/** @param {string} caption @param {string[][]} rows */
export function table(caption, rows) {
  if (!rows.length) return "";
  const body = rows.map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)),
  );
  return element("table", {}, caption ? element("caption", {}, caption) : null, element("tbody", {}, ...body));
}
