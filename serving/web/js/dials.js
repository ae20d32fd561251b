// What a person turns: where every dial stands, and what of that the service has to know.

import { keep, kept } from "./tab_store.js";

/** @typedef {{name: string, label: string, low: string, high: string, min: number, max: number, step: number}} Dial */

/** The dials of the list. Left and right are what people read; `sign` turns that into the service's direction. */
export const LIST_DIALS = /** @type {(Dial & {sign: 1 | -1})[]} */ ([
  { name: "adventure", label: "Adventure", low: "Familiar", high: "Adventurous", min: -1, max: 1, step: 0.1, sign: 1 },
  { name: "popularity", label: "Popularity", low: "Popular", high: "Obscure", min: -1, max: 1, step: 0.1, sign: -1 },
  { name: "diversity", label: "Variety", low: "Alike", high: "Varied", min: 0, max: 1, step: 0.1, sign: 1 },
]);

/** What a track can sound like; a target is asked for only where a person cares. @type {Dial[]} */
export const AUDIO_DIALS = [
  { name: "energy", label: "Energy", low: "calm", high: "intense", min: 0, max: 1, step: 0.05 },
  { name: "valence", label: "Mood", low: "dark", high: "bright", min: 0, max: 1, step: 0.05 },
  { name: "danceability", label: "Danceability", low: "still", high: "danceable", min: 0, max: 1, step: 0.05 },
  { name: "acousticness", label: "Acoustic", low: "electric", high: "acoustic", min: 0, max: 1, step: 0.05 },
  { name: "instrumentalness", label: "Instrumental", low: "sung", high: "instrumental", min: 0, max: 1, step: 0.05 },
  { name: "speechiness", label: "Speech", low: "music", high: "spoken", min: 0, max: 1, step: 0.05 },
  { name: "liveness", label: "Live", low: "studio", high: "live", min: 0, max: 1, step: 0.05 },
  { name: "tempo", label: "Tempo", low: "slow", high: "fast", min: 60, max: 200, step: 2 },
];

/** Several sounds at one press. @type {Record<string, Record<string, number>>} */
export const PRESETS = {
  "Wind down": { energy: 0.2, acousticness: 0.8, tempo: 80 },
  Dance: { energy: 0.85, danceability: 0.9, tempo: 124 },
  Focus: { instrumentalness: 0.9, energy: 0.4, speechiness: 0.05 },
  Sunny: { valence: 0.9, energy: 0.65 },
};

const STORE = "dials";

export class Dials extends EventTarget {
  constructor() {
    super();
    const before = kept(STORE) ?? {};
    /** Where each dial of the list stands, as people read it. @type {Record<string, number>} */
    this.list = numbers(before.list, LIST_DIALS);
    /** The sounds a person cares about. @type {Record<string, number>} */
    this.audio = numbers(before.audio, AUDIO_DIALS);
  }

  /** @param {string} name @param {number} value */
  turn(name, value) {
    this.list = { ...this.list, [name]: value };
    this.#changed();
  }

  /** @param {string} name @param {number | null} value null for "don't care" */
  aim(name, value) {
    const { [name]: _, ...rest } = this.audio;
    this.audio = value === null ? rest : { ...rest, [name]: value };
    this.#changed();
  }

  /** @param {Record<string, number>} audio */
  aimAt(audio) {
    this.audio = { ...audio };
    this.#changed();
  }

  reset() {
    this.set({}, {});
  }

  /**
   * Turn all of them; what a dial cannot be is left out.
   * @param {Record<string, number>} list
   * @param {Record<string, number>} audio
   */
  set(list, audio) {
    this.list = numbers(list, LIST_DIALS);
    this.audio = numbers(audio, AUDIO_DIALS);
    this.#changed();
  }

  /** How many dials are not at rest. */
  turned() {
    return Object.values(this.list).filter(Boolean).length + Object.keys(this.audio).length;
  }

  /** What the service is asked with; null where every dial is at rest. @returns {object | null} */
  request() {
    if (!this.turned()) return null;
    const turned = LIST_DIALS.filter(({ name }) => this.list[name]);
    const list = Object.fromEntries(turned.map(({ name, sign }) => [name, sign * this.list[name]]));
    return Object.keys(this.audio).length ? { ...list, audio: this.audio } : list;
  }

  #changed() {
    keep(STORE, { list: this.list, audio: this.audio });
    this.dispatchEvent(new Event("change"));
  }
}

/** Those values that a dial can have. @param {any} values @param {Dial[]} dials @returns {Record<string, number>} */
function numbers(values, dials) {
  const fits = (/** @type {Dial} */ { name, min, max }) => values?.[name] >= min && values[name] <= max;
  return Object.fromEntries(dials.filter(fits).map(({ name }) => [name, Number(values[name])]));
}
