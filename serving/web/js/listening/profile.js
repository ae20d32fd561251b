// The taste profile: what a person's plays say, as pictures and as the numbers behind them.

import { AUDIO_DIALS } from "../dials.js";
import { element } from "../dom.js";
import { number, percent } from "../words.js";
import { inWords } from "./in_words.js";
import { radar } from "./radar.js";
import { years } from "./years.js";

/**
 * @typedef {{name: string, plays: number, share: number}} Part
 * @typedef {{mean: number | null, coverage: number}} Known
 * @typedef {{track_id: string, title: string, artists: string[], plays: number}} Favourite
 * @typedef {{year: number, plays: number, ms: number | null, top_artists: Part[], top_tracks: Favourite[]}} Year
 * @typedef {{plays: number, tracks: number, artists: number, radar: Record<string, Known | null>, top_artists: Part[],
 *   eras: {decade: string, plays: number, share: number}[], genres: Part[], years: Year[], likes: number, skips: number, blocks: number}} Profile
 */

const TEMPO = "tempo";

/** @param {Profile} profile @param {() => void} start what leads to the list @returns {HTMLElement[]} */
export function profileOf(profile, start) {
  const { plays, tracks, artists, likes, skips, blocks } = profile;
  const figures = { plays, tracks, artists, likes, skips, blocked: blocks };
  return [
    element(
      "section",
      { class: "panel", "aria-labelledby": "profile-title" },
      element("h2", { id: "profile-title", tabindex: "-1" }, "Your taste"),
      plays ? element("p", { class: "said" }, inWords(profile)) : null,
      element(
        "dl",
        { class: "figures" },
        ...Object.entries(figures).map(([name, count]) => figure(name, number(Math.round(count)))),
      ),
      element(
        "p",
        {},
        element("button", { type: "button", class: "primary", onclick: start }, "Recommend from my listening"),
      ),
    ),
    ...(plays
      ? [sound(profile.radar), element("div", { class: "side-by-side" }, ...divisions(profile)), years(profile.years)]
      : []),
  ];
}

/** @param {string} name @param {string} value */
const figure = (name, value) => element("div", { class: "figure" }, element("dt", {}, name), element("dd", {}, value));

/** @param {Record<string, Known | null>} features */
function sound(features) {
  const all = AUDIO_DIALS.map(({ name, label, low, high }) => ({
    name,
    label,
    ends: `${low} – ${high}`,
    known: features[name] ?? null,
  }));
  const corners = all
    .filter(({ name }) => name !== TEMPO)
    .map(({ label, known }) => ({ label, mean: known?.mean ?? null }));
  const row = (/** @type {typeof all[number]} */ { name, label, ends, known }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, label, " ", element("small", {}, ends)),
      element("td", { class: "amount" }, meanOf(name, known)),
      element("td", { class: "amount" }, percent(known?.coverage ?? 0)),
    );
  return element(
    "section",
    { class: "panel", "aria-labelledby": "sound-title" },
    element("h2", { id: "sound-title" }, "How it sounds"),
    element(
      "div",
      { class: "side-by-side" },
      corners.some(({ mean }) => mean !== null)
        ? element("figure", {}, radar(corners))
        : element("p", {}, "The sound of these tracks is not known."),
      element(
        "table",
        {},
        element("caption", {}, "The same in numbers"),
        element("thead", {}, element("tr", {}, head("Feature"), head("Mean", "amount"), head("Known of", "amount"))),
        element("tbody", {}, ...all.map(row)),
      ),
    ),
  );
}

/** @param {string} text @param {string} [kind] */
const head = (text, kind = "") => element("th", { scope: "col", class: kind }, text);

/** @param {string} name @param {Known | null} known */
function meanOf(name, known) {
  if (!known || known.mean === null) return "not known";
  return name === TEMPO ? `${Math.round(known.mean)} bpm` : known.mean.toFixed(2);
}

/** @param {Profile} profile */
const divisions = ({ top_artists: artists, eras, genres }) =>
  [
    bars("Top artists", artists),
    bars(
      "By the decade of release",
      eras.map(({ decade, ...part }) => ({ name: decade, ...part })),
    ),
    bars("Genres", genres),
  ].filter((part) => part !== null);

/** @param {string} title @param {Part[]} parts */
function bars(title, parts) {
  if (!parts.length) return null;
  const longest = Math.max(...parts.map(({ share }) => share));
  return element(
    "section",
    { class: "panel" },
    element("h2", {}, title),
    element("ol", { class: "bars" }, ...parts.map((part) => bar(part, longest))),
  );
}

/** @param {Part} part @param {number} longest */
function bar({ name, plays, share }, longest) {
  const line = element("div", { class: "bar-line", "aria-hidden": "true" });
  line.style.clipPath = `inset(0 ${(100 - (100 * share) / longest).toFixed(1)}% 0 0 round 4px)`; // one scale for all
  return element(
    "li",
    {},
    element("span", {}, name),
    element("span", {}, `${number(Math.round(plays))} plays · ${percent(share)}`),
    line,
  );
}
