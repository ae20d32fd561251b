// "What you told us": everything said that still counts, from this visit or an earlier one, each with the way back.

import { announce, byId, element, redraw } from "./dom.js";
import { counted } from "./words.js";

/** @typedef {import("./session.js").Told} Told */

/** @type {Record<Told["kind"], string>} */
const SAID = { like: "You like", dislike: "Less like", block_track: "Never", block_artist: "Never" };

/** @param {import("./feedback.js").Feedback} feedback */
export function showTold(feedback) {
  const panel = byId("told");
  const list = byId("told-list");
  const draw = () => {
    const told = feedback.told();
    panel.hidden = told.length === 0;
    byId("told-line").textContent = counted(told.length, "thing", "things");
    redraw(
      list,
      told.map((one) => line(one, () => undo(one))),
      byId("list-title"),
    );
  };
  const undo = (/** @type {Told} */ one) => {
    feedback.takeBackTold(one);
    announce(`Undone: ${inWords(one)}.`);
  };
  feedback.addEventListener("change", draw);
  draw();
}

/** @param {Told} told */
const inWords = ({ kind, title, artist, track_id: id }) => {
  const track = title && artist ? `${title} by ${artist}` : (title ?? id);
  return `${SAID[kind]} ${kind === "block_artist" ? artist : track}`;
};

/** @param {Told} told @param {() => void} onclick */
function line(told, onclick) {
  const text = inWords(told);
  const button = { type: "button", class: "quiet", "aria-label": `Undo: ${text}`, onclick };
  return element("li", {}, element("span", {}, text), element("button", button, "Undo"));
}
