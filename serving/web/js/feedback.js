// What a person says about tracks: it counts at once here, goes to the service, and can be taken back.

import { newId } from "./new_id.js";
import { Outbox } from "./outbox.js";
import { keep, kept } from "./tab_store.js";

/** @typedef {import("./api.js").Track} Track */
/** @typedef {import("./session.js").Told} Told */
/** @typedef {import("./session.js").Known} Known */
/** @typedef {"like" | "skip" | "block_track" | "block_artist"} Kind */
/** @typedef {{event: string, kind: Kind, track: Track, artist: string | null}} Act */

const STORE = "acts";

export class Feedback extends EventTarget {
  outbox = new Outbox();

  /** What was said in this tab and not taken back, newest last. @type {Act[]} */
  acts = (kept(STORE) ?? []).filter((/** @type {any} */ act) => act?.event && act.track?.track_id);

  constructor() {
    super();
    const arrived = () => this.outbox.whereabouts === "waiting" || this.dispatchEvent(new Event("sent"));
    this.outbox.addEventListener("change", arrived);
  }

  /** What the service knows from before. @type {import("./session.js").Known} */
  known = nothing();

  /**
   * @param {Kind} kind
   * @param {Track} track
   * @param {{artist?: string | null, list?: string}} [about] the artist who is blocked, and the list it was said of
   * @returns {Act}
   */
  say(kind, track, { artist = null, list = "" } = {}) {
    const act = { event: newId(), kind, track, artist };
    const subject = kind === "block_artist" ? { artist } : { track_id: track.track_id };
    this.#changed([...this.acts, act]);
    this.#send({ event_id: act.event, kind, ...subject, ...(list ? { list_id: list } : {}) });
    return act;
  }

  /** @param {Act} act */
  takeBack(act) {
    this.#changed(this.acts.filter((one) => one.event !== act.event));
    this.#send({ event_id: newId(), kind: "undo", undoes: act.event });
  }

  /**
   * What was said and still counts, in this tab or before, the latest first.
   * @returns {Told[]}
   */
  told() {
    const here = this.acts.flatMap(({ event, kind, track, artist }) =>
      kind === "skip"
        ? []
        : [
            {
              event_id: event,
              kind,
              track_id: kind === "block_artist" ? null : track.track_id,
              artist: artist ?? track.artists[0] ?? null,
              title: track.title,
            },
          ],
    );
    const said = new Set(this.acts.map((act) => act.event));
    return [...this.known.told.filter((one) => !said.has(one.event_id)), ...here].reverse();
  }

  /** Undo something of `told`. @param {Told} told */
  takeBackTold(told) {
    const act = this.acts.find((one) => one.event === told.event_id);
    this.known = without(this.known, told);
    if (act) {
      this.takeBack(act);
      return;
    }
    this.dispatchEvent(new Event("change"));
    this.#send({ event_id: newId(), kind: "undo", undoes: told.event_id });
  }

  /** Tell that a track was played; the list stays as it is meanwhile. @param {Track} track @param {string} list */
  played(track, list) {
    this.outbox.put({ event_id: newId(), kind: "play", track_id: track.track_id, ...(list ? { list_id: list } : {}) });
  }

  /** Forget what was said in this tab. */
  clear() {
    this.outbox.clear();
    this.known = nothing();
    this.#changed([]);
  }

  /** What is liked in this tab, newest last. */
  likes() {
    return this.acts.filter((act) => act.kind === "like");
  }

  /** How many likes are known from before, whose names this tab does not know. */
  earlierLikes() {
    const here = new Set(this.likes().map((act) => act.track.track_id));
    return this.known.likes.filter((id) => !here.has(id)).length;
  }

  /** The service told what it knows. @param {import("./session.js").Known} known */
  learn(known) {
    this.known = known;
    this.dispatchEvent(new Event("change"));
  }

  /** Tracks that must not be shown. @returns {string[]} */
  unwanted() {
    const said = this.acts.filter(({ kind }) => kind === "skip" || kind === "block_track");
    return [
      ...new Set([...this.known.blocked_tracks, ...this.known.dislikes, ...said.map((act) => act.track.track_id)]),
    ];
  }

  /** Artists who must not be shown. @returns {string[]} */
  unwantedArtists() {
    const said = this.acts.flatMap(({ kind, artist }) => (kind === "block_artist" && artist ? [artist] : []));
    return [...new Set([...this.known.blocked_artists, ...said])];
  }

  /** @param {Act[]} acts */
  #changed(acts) {
    this.acts = acts;
    keep(STORE, acts);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {import("./outbox.js").Said} said */
  #send(said) {
    this.outbox.put(said).then(() => this.dispatchEvent(new Event("sent")));
  }
}

/** @returns {Known} */
const nothing = () => ({
  likes: [],
  dislikes: [],
  blocked_tracks: [],
  blocked_artists: [],
  told: [],
  imported: false,
});

/** What is known once something is taken back; what was said twice still counts. @param {Known} known @param {Told} gone */
function without(known, gone) {
  const told = known.told.filter((one) => one.event_id !== gone.event_id);
  const tracks = (/** @type {Told["kind"]} */ kind) => told.flatMap((one) => (one.kind === kind ? [one.track_id] : []));
  const kept = (/** @type {string[]} */ ids, /** @type {Told["kind"]} */ kind) =>
    kind === gone.kind ? ids.filter((id) => id !== gone.track_id || tracks(kind).includes(id)) : ids;
  return {
    ...known,
    told,
    likes: kept(known.likes, "like"),
    dislikes: kept(known.dislikes, "dislike"),
    blocked_tracks: kept(known.blocked_tracks, "block_track"),
    blocked_artists:
      gone.kind === "block_artist"
        ? known.blocked_artists.filter((name) => name !== gone.artist || told.some((one) => one.artist === name && one.kind === gone.kind))
        : known.blocked_artists,
  };
}
