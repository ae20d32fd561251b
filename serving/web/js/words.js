// Numbers and tracks in words.

/** @typedef {import("./api.js").Track} Track */
/** @typedef {import("./api.js").Recommended} Recommended */

const whole = new Intl.NumberFormat("en");
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** @param {number} value */
export const number = (value) => (Number.isInteger(value) ? whole : precise).format(value);

/** A share as a percentage with a narrow no-break space. @param {number} share */
export const percent = (share) => `${Math.round(share * 100)}\u202f%`;

/** @param {number} count @param {string} one @param {string} many */
export const counted = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The artists, unless the title already says it (a catalogue of artists names each by its artist). @param {Track} track */
export function credits(track) {
  return track.artists.filter((artist) => artist !== track.title).join(", ");
}

/** Title and artists on one line. @param {Track} track */
export function fullName(track) {
  return [track.title, credits(track)].filter(Boolean).join(" by ");
}

/** What else is known of a track, for one line under its title. @param {Track} track @returns {string[]} */
export function details(track) {
  const parts = [credits(track), track.album === track.title ? "" : track.album, track.year];
  if (track.duration_ms) parts.push(duration(track.duration_ms));
  const known = parts.filter(Boolean).map(String);
  return known.length ? known : [track.genres.slice(0, 3).join(", ")].filter(Boolean);
}

/**
 * What a recommendation rests on: named shares that add up to one, too small ones together as "others".
 * @param {Recommended} entry
 * @returns {{track: Track | null, share: number}[]}
 */
export function shares(entry) {
  const named = entry.because.filter((reason) => reason.share >= 0.01);
  const rest = 1 - named.reduce((sum, reason) => sum + reason.share, 0);
  return named.length && rest >= 0.01 ? [...named, { track: null, share: rest }] : named;
}
