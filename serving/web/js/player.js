// Spotify's player, in a frame that is made when a person asks for it and not before.

import { byId, element, iconButton } from "./dom.js";
import { pageOf, playerOf } from "./spotify.js";
import { giveBack } from "./toast.js";
import { fullName } from "./words.js";

/** @typedef {import("./api.js").Track} Track */

const ALLOWED = "autoplay; clipboard-write; encrypted-media; fullscreen; picture-in-picture";

/** @param {Track} track whose spotify_id is known */
export function play(track) {
  const before = document.activeElement;
  const close = () => {
    stop();
    giveBack(before);
  };
  const frame = element("iframe", {
    src: playerOf(track),
    title: `Spotify’s player: ${fullName(track)}`,
    allow: ALLOWED,
    loading: "lazy",
  });
  const line = element("p", {}, fullName(track), " · ", link(track));
  byId("player").replaceChildren(line, iconButton("close", "Close the player", close, { class: "round small" }), frame);
  byId("player").hidden = false;
}

export function stop() {
  byId("player").hidden = true;
  byId("player").replaceChildren();
}

/** @param {Track} track */
const link = (track) =>
  element("a", { href: pageOf(track), target: "_blank", rel: "noopener noreferrer" }, "Open in Spotify");
