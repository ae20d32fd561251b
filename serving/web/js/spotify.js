// The one place that names another host. Nothing is asked of it before a click.

const HOST = "https://open.spotify.com";

/** @typedef {import("./api.js").Track} Track */

/** Where a track's player is. @param {Track} track whose spotify_id is known */
export const playerOf = (track) => `${HOST}/embed/track/${encodeURIComponent(track.spotify_id ?? "")}`;

/** Where a track is. @param {Track} track whose spotify_id is known */
export const pageOf = (track) => `${HOST}/track/${encodeURIComponent(track.spotify_id ?? "")}`;
