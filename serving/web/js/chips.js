// The mix as chips that can be taken out.

import { announce, byId, element } from "./dom.js";
import { credits, fullName } from "./words.js";

/** @typedef {import("./mix.js").Mix} Mix */

/** @param {Mix} mix */
export function showChips(mix) {
  const chips = byId("chips");
  const draw = () => {
    byId("mix").hidden = mix.seeds.length === 0;
    byId("clear").hidden = mix.seeds.length < 2;
    chips.replaceChildren(...mix.seeds.map((seed) => chip(mix, seed)));
  };
  mix.addEventListener("change", draw);
  byId("clear").addEventListener("click", () => {
    mix.replace();
    byId("query").focus();
    announce("Your mix is empty.");
  });
  draw();
}

/** @param {Mix} mix @param {Mix["seeds"][number]} seed */
function chip(mix, { track, colour }) {
  const remove = () => {
    const place = mix.seeds.findIndex((seed) => seed.track.track_id === track.track_id);
    mix.remove(track.track_id);
    announce(`${track.title} is out of your mix.`);
    const left = byId("chips").querySelectorAll("button");
    (left[Math.min(place, left.length - 1)] ?? byId("query")).focus();
  };
  return element(
    "li",
    { class: `chip colour-${colour}` },
    element("span", { class: "dot", "aria-hidden": "true" }),
    element("span", { class: "chip-text" }, track.title, credits(track) && element("small", {}, credits(track))),
    element("button", { type: "button", "aria-label": `Remove ${fullName(track)}`, onclick: remove }, "×"),
  );
}
