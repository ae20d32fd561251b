// What became of every entry of an export: the numbers add up, and the page shows that they do.

import { element } from "../dom.js";
import { counted, number, percent } from "../words.js";

/**
 * @typedef {{read: number, kept: number, left_out: Record<string, number>, matched?: number, unmatched?: number,
 *   tracks?: number, matched_tracks?: number, unmatched_tracks?: number}} Summary
 */

/** @param {Summary} summary @returns {HTMLElement} */
export function accountOf({
  read,
  kept,
  left_out: leftOut,
  tracks,
  matched_tracks: matched = 0,
  unmatched_tracks: unmatched = 0,
}) {
  const all = tracks ?? matched + unmatched;
  return element(
    "div",
    { class: "account" },
    element("h3", {}, kept ? `${counted(kept, "new entry", "new entries")} added` : "Nothing new was added"),
    element(
      "table",
      {},
      element("caption", {}, "What became of every entry"),
      element(
        "tbody",
        {},
        line("kept", kept),
        ...Object.entries(leftOut).map(([reason, count]) => line(`left out: ${reason}`, count)),
      ),
      element("tfoot", {}, line("read, in all", read)),
    ),
    all
      ? element(
          "p",
          {},
          unmatched
            ? `They cover ${counted(all, "track", "tracks")}; the model knows ${number(matched)} of them (${percent(matched / all)}).`
            : `They cover ${counted(all, "track", "tracks")}, and the model knows ${all === 1 ? "it" : "all of them"}.`,
        )
      : null,
  );
}

/** @param {string} what @param {number} count */
const line = (what, count) =>
  element("tr", {}, element("th", { scope: "row" }, what), element("td", { class: "amount" }, number(count)));
