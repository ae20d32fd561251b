// The tracks a person has picked, with weights. They live in this tab only.

import { keep, keptTracks } from "./tab_store.js";

/** @typedef {import("./api.js").Track} Track */
/** @typedef {{track: Track, colour: number, weight: number}} Seed */

const STORE = "mix";
const COLOURS = 8;

/** How often a picked track counts: each step doubles it. */
export const WEIGHTS = [1, 2, 4, 8];

/** A number for a track, always the same. @param {string} id */
const spread = (id) => [...id].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);

export class Mix extends EventTarget {
  constructor() {
    super();
    /** @type {Seed[]} */
    this.seeds = [];
    for (const { weight, ...track } of keptTracks(STORE)) this.#take(track, weight);
  }

  /** @param {Track[]} tracks */
  add(...tracks) {
    const before = this.seeds.length;
    for (const track of tracks) this.#take(track);
    if (this.seeds.length > before) this.#changed();
  }

  /** @param {string} id */
  remove(id) {
    this.seeds = this.seeds.filter((seed) => seed.track.track_id !== id);
    this.#changed();
  }

  /** Put these tracks in the place of whatever was picked. @param {Track[]} tracks */
  replace(...tracks) {
    this.seeds = [];
    for (const track of tracks) this.#take(track);
    this.#changed();
  }

  /**
   * Put these picks, with what each counts, in the place of whatever was picked.
   * @param {{track: Track, weight?: number}[]} picks
   */
  lay(picks) {
    this.seeds = [];
    for (const { track, weight } of picks) this.#take(track, weight);
    this.#changed();
  }

  /** @param {string} id @param {number} weight */
  weigh(id, weight) {
    this.seeds = this.seeds.map((seed) => (seed.track.track_id === id ? { ...seed, weight } : seed));
    this.#changed();
  }

  /** @param {string} id */
  has(id) {
    return this.seeds.some((seed) => seed.track.track_id === id);
  }

  /** The number of the colour a track is shown in: a pick's own, else one that no pick has. @param {string} id */
  colourOf(id) {
    const own = this.seeds.find((seed) => seed.track.track_id === id)?.colour;
    if (own !== undefined) return own;
    const free = this.#free();
    return free.length ? free[spread(id) % free.length] : spread(id) % COLOURS;
  }

  #free() {
    const used = this.seeds.map((seed) => seed.colour);
    return Array.from({ length: COLOURS }, (_, colour) => colour).filter((colour) => !used.includes(colour));
  }

  /** @param {Track} track @param {unknown} [weight] */
  #take(track, weight = 1) {
    if (this.has(track.track_id)) return;
    const [free] = this.#free();
    const allowed = WEIGHTS.find((one) => one === weight) ?? 1;
    this.seeds.push({ track, colour: free ?? this.seeds.length % COLOURS, weight: allowed });
  }

  #changed() {
    keep(
      STORE,
      this.seeds.map((seed) => ({ ...seed.track, weight: seed.weight })),
    );
    this.dispatchEvent(new Event("change"));
  }
}
