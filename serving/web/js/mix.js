// The tracks a person has picked. They live in this tab only.

/** @typedef {import("./api.js").Track} Track */

const STORE = "crossfade.mix";
const COLOURS = 8;

export class Mix extends EventTarget {
  constructor() {
    super();
    /** @type {{track: Track, colour: number}[]} */
    this.seeds = [];
    for (const track of remembered()) this.#take(track);
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

  /** @param {string} id */
  has(id) {
    return this.seeds.some((seed) => seed.track.track_id === id);
  }

  /** The number of the colour a picked track is shown in, or null. @param {string} id */
  colourOf(id) {
    return this.seeds.find((seed) => seed.track.track_id === id)?.colour ?? null;
  }

  /** What the service is asked with: track id -> weight. @returns {Record<string, number>} */
  history() {
    return Object.fromEntries(this.seeds.map((seed) => [seed.track.track_id, 1]));
  }

  /** @param {Track} track */
  #take(track) {
    if (this.has(track.track_id)) return;
    const used = this.seeds.map((seed) => seed.colour);
    const free = Array.from({ length: COLOURS }, (_, colour) => colour).find((colour) => !used.includes(colour));
    this.seeds.push({ track, colour: free ?? this.seeds.length % COLOURS });
  }

  #changed() {
    try {
      sessionStorage.setItem(STORE, JSON.stringify(this.seeds.map((seed) => seed.track)));
    } catch {
      // A browser that keeps nothing: the mix lasts until the page is left.
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** @returns {Track[]} */
function remembered() {
  try {
    const tracks = JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
    return Array.isArray(tracks) ? tracks.filter((track) => track?.track_id && Array.isArray(track.artists)) : [];
  } catch {
    return [];
  }
}
