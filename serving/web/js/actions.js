// What a press on a track does.

import { announce } from "./dom.js";
import { play } from "./player.js";
import { isReturning } from "./session.js";
import { showToast } from "./toast.js";

/** @typedef {import("./api.js").Track} Track */
/** @typedef {import("./feedback.js").Act} Act */
/** @typedef {import("./feedback.js").Kind} Kind */
/** @typedef {import("./desk.js").Desk} Desk */

/** @type {Record<Kind, (act: Act) => string>} */
const SAID = {
  like: ({ track }) => `You like ${track.title}.`,
  skip: ({ track }) => `${track.title} is skipped.`,
  block_track: ({ track }) => `${track.title} will not be shown again.`,
  block_artist: ({ artist }) => `${artist} will not be shown again.`,
};

/**
 * @param {Desk} desk
 * @param {() => string} listId the id of the answer the list came with
 * @returns {import("./row.js").Actions}
 */
export function actionsOn(desk, listId) {
  const { mix, feedback, playlist } = desk;
  const say = (/** @type {Kind} */ kind, /** @type {Track} */ track, artist = /** @type {string | null} */ (null)) => {
    const act = feedback.say(kind, track, { artist, list: listId() });
    showToast(SAID[kind](act), { label: "Undo", act: () => takeBack(desk, act) });
  };
  return {
    like: (track) => say("like", track),
    skip: (track) => say("skip", track),
    blockTrack: (track) => say("block_track", track),
    blockArtist: (track, artist) => say("block_artist", track, artist),
    more: (track) => mix.add(track),
    play: (track) => {
      play(track);
      if (isReturning()) feedback.played(track, listId()); // a mere listener gets no cookie for it
    },
    toggle: (track) => toggle(desk, track),
    isTaken: (track) => playlist.has(track.track_id),
  };
}

/** Undo one thing that was said. @param {Desk} desk @param {Act} act */
export function takeBack({ feedback }, act) {
  if (!feedback.acts.some((one) => one.event === act.event)) return; // undone already
  feedback.takeBack(act);
  announce(`Undone: ${SAID[act.kind](act)}`);
}

/** Into the playlist, or out of it. @param {Desk} desk @param {Track} track */
function toggle({ playlist }, track) {
  const before = playlist.tracks;
  const was = playlist.has(track.track_id);
  if (was) playlist.remove(track.track_id);
  else playlist.add(track);
  const said = `${track.title} is ${was ? "out of" : "in"} your playlist.`;
  showToast(said, { label: "Undo", act: () => playlist.restore(before) });
}
