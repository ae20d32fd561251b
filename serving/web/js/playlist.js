// The playlist being built: tracks in an order, and a name. It lives in this tab only.

import { keep, kept, keptTracks } from "./tab_store.js";

/** @typedef {import("./api.js").Track} Track */

const STORE = "playlist";
const NAMED = "playlist-name";

export const DEFAULT_NAME = "My crossfade";

export class Playlist extends EventTarget {
  /** @type {Track[]} */
  tracks = keptTracks(STORE);
  /** @type {string} */
  name = String(kept(NAMED) ?? DEFAULT_NAME);

  /** @param {string} id */
  has(id) {
    return this.tracks.some((track) => track.track_id === id);
  }

  /** @param {Track[]} tracks */
  add(...tracks) {
    const fresh = tracks.filter((track) => !this.has(track.track_id));
    this.#set([...this.tracks, ...fresh]);
  }

  /** @param {string} id */
  remove(id) {
    this.#set(this.tracks.filter((track) => track.track_id !== id));
  }

  /** @param {number} from @param {number} to places */
  move(from, to) {
    const tracks = [...this.tracks];
    tracks.splice(to, 0, ...tracks.splice(from, 1));
    this.#set(tracks);
  }

  clear() {
    this.#set([]);
  }

  /** Put back what was there. @param {Track[]} tracks */
  restore(tracks) {
    this.#set(tracks);
  }

  /** @param {string} name */
  rename(name) {
    this.name = name.trim() || DEFAULT_NAME;
    keep(NAMED, this.name);
  }

  /** How long it plays, in milliseconds, and how many tracks of unknown length are not in that. */
  length() {
    const known = this.tracks.filter((track) => track.duration_ms);
    const milliseconds = known.reduce((sum, track) => sum + Number(track.duration_ms), 0);
    return { milliseconds, unknown: this.tracks.length - known.length };
  }

  /** @param {Track[]} tracks */
  #set(tracks) {
    this.tracks = tracks;
    keep(STORE, tracks);
    this.dispatchEvent(new Event("change"));
  }
}
