// What must not be in the list, whatever the model thinks of it.

import { keep, kept } from "./tab_store.js";

/** @typedef {{clean: boolean, from: number | null, to: number | null, genres: string[], perArtist: number | null}} Choice */

const STORE = "filters";

/** @type {Choice} */
const NONE = { clean: false, from: null, to: null, genres: [], perArtist: null };

export class Filters extends EventTarget {
  /** @type {Choice} */
  choice = { ...NONE, ...kept(STORE) };

  /** @param {Partial<Choice>} change */
  set(change) {
    this.choice = { ...this.choice, ...change };
    keep(STORE, this.choice);
    this.dispatchEvent(new Event("change"));
  }

  reset() {
    this.set(NONE);
  }

  /** How many filters are set. */
  count() {
    const { clean, from, to, genres, perArtist } = this.choice;
    return [clean, from || to, genres.length, perArtist].filter(Boolean).length;
  }

  /** What the service is asked with. @returns {object} */
  request() {
    const { clean, from, to, genres, perArtist } = this.choice;
    const era = from || to ? { era: { ...(from ? { from } : {}), ...(to ? { to } : {}) } } : {};
    return {
      ...(clean ? { explicit: "no" } : {}),
      ...era,
      ...(genres.length ? { genres } : {}),
      ...(perArtist ? { max_per_artist: perArtist } : {}),
    };
  }
}
