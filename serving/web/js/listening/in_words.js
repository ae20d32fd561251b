// A taste in a sentence: what stands out, from the same numbers that are drawn below it.

import { AUDIO_DIALS } from "../dials.js";
import { listed, percent } from "../words.js";

/** What says little about music: hardly any track is spoken or live. */
const DULL = new Set(["speechiness", "liveness", "tempo"]);
const MIDDLE = 0.5;
/** How far from the middle a mean has to be, and of how much of the listening it has to be known, to be said. */
const FAR = 0.15;
const KNOWN = 0.5;
const MOST = 3;

/** @param {import("./profile.js").Profile} profile of at least one play @returns {string} */
export function inWords({ radar, top_artists: artists, eras, genres }) {
  const sounds = AUDIO_DIALS.filter(({ name }) => !DULL.has(name))
    .flatMap(({ name, low, high }) => {
      const { mean = null, coverage = 0 } = radar[name] ?? {};
      if (mean === null || coverage < KNOWN) return [];
      return [{ word: mean < MIDDLE ? low : high, far: Math.abs(mean - MIDDLE) }];
    })
    .filter(({ far }) => far >= FAR)
    .sort((one, other) => other.far - one.far)
    .slice(0, MOST)
    .map(({ word }) => word);
  const most = (/** @type {{share: number}[]} */ parts) => [...parts].sort((one, other) => other.share - one.share)[0];
  const era = /** @type {typeof eras[number] | undefined} */ (most(eras));
  const genre = /** @type {typeof genres[number] | undefined} */ (most(genres));
  const heard = [
    genre && `${genre.name} (${percent(genre.share)})`,
    era && `the ${era.decade} (${percent(era.share)})`,
  ];
  return [
    sounds.length ? `It sounds ${listed(sounds)}.` : "",
    heard.some(Boolean) ? `You go most for ${listed(heard.flatMap((part) => part || []))}.` : "",
    artists.length ? `You play ${artists[0].name} more than anyone else.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}
