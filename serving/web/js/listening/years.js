// A year in review: whose year it was, on a cover of its own, and who and what was played most.

import { element } from "../dom.js";
import { sleeve } from "../sleeve.js";
import { number, playingTime } from "../words.js";

/** @typedef {import("./profile.js").Year} Year */

/** @param {Year[]} all the latest first */
export function years(all) {
  if (!all.length) return element("div", { hidden: true });
  return element(
    "section",
    { class: "panel years", "aria-labelledby": "years-title" },
    element("h2", { id: "years-title" }, "Year by year"),
    ...all.map((year, place) => inReview(year, place === 0)),
  );
}

/** @param {Year} year @param {boolean} open */
function inReview({ year, plays, ms, top_artists: artists, top_tracks: tracks }, open) {
  const time = ms === null ? "" : ` · ${playingTime(ms)}`;
  return element(
    "details",
    { class: "fold", open },
    element(
      "summary",
      {},
      element("span", {}, String(year)),
      element("span", { class: "soft" }, `${number(Math.round(plays))} plays${time}`),
    ),
    artists.length
      ? element(
          "div",
          { class: "year-of" },
          sleeve(artists[0].name),
          element("p", {}, `${year} was the year of `, element("strong", {}, artists[0].name), "."),
        )
      : null,
    element(
      "div",
      { class: "side-by-side" },
      ranking(
        "Artists",
        artists.map(({ name, plays: its }) => [name, its]),
      ),
      ranking(
        "Tracks",
        tracks.map(({ title, artists: by, plays: its }) => [[title, by.join(", ")].filter(Boolean).join(" by "), its]),
      ),
    ),
  );
}

/** @param {string} title @param {[string, number][]} entries names, and how often each was played */
const ranking = (title, entries) =>
  element(
    "div",
    {},
    element("h3", {}, title),
    element("ol", {}, ...entries.map(([name, plays]) => element("li", {}, `${name} (${number(Math.round(plays))})`))),
  );
