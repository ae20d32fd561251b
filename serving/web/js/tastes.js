// Ready-made tastes: one click fills the mix.

import { call } from "./api.js";
import { announce, byId, element } from "./dom.js";

/** @typedef {import("./api.js").Track} Track */

/** @param {import("./mix.js").Mix} mix */
export async function offerTastes(mix) {
  const { tastes } = await call("tastes");
  byId("taste-list").replaceChildren(...tastes.map((/** @type {Taste} */ taste) => element("li", {}, button(mix, taste))));
  byId("tastes").hidden = tastes.length === 0;
}

/** @typedef {{name: string, tracks: Track[]}} Taste */

/** @param {import("./mix.js").Mix} mix @param {Taste} taste */
function button(mix, taste) {
  const take = () => {
    mix.replace(...taste.tracks);
    announce(`Your mix is now the taste “${taste.name}”.`);
  };
  const examples = taste.tracks.map((track) => track.title).join(", ");
  return element(
    "button",
    { type: "button", class: "taste", onclick: take },
    element("strong", {}, taste.name),
    element("small", {}, examples),
  );
}
