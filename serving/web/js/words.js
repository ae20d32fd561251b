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

/** Several things as a person lists them. @param {string[]} things */
export const listed = (things) =>
  things.length > 1 ? `${things.slice(0, -1).join(", ")} and ${things[things.length - 1]}` : things.join("");

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A long time in hours and minutes. @param {number} milliseconds */
export function playingTime(milliseconds) {
  const minutes = Math.round(milliseconds / 60_000);
  const hours = Math.floor(minutes / 60);
  return hours ? `${number(hours)} h ${minutes % 60} min` : `${minutes} min`;
}

/** @param {string} moment ISO 8601 */
export const day = (moment) => new Date(moment).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });

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
  const when = [track.year, track.duration_ms ? duration(track.duration_ms) : ""].filter(Boolean).join(" · ");
  const known = [credits(track), track.album === track.title ? "" : track.album, when].flatMap((part) => part || []);
  return known.length ? known : [track.genres.slice(0, 3).join(", ")].filter(Boolean);
}

/** A text as a sentence. @param {string} text */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1).replace(/[.\s]*$/, ".");
