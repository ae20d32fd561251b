// Ready-made tastes: one click fills the mix.

import { call } from "./api.js";
import { announce, byId, element } from "./dom.js";
import { sleeve } from "./sleeve.js";

/** @typedef {import("./api.js").Track} Track */
/** @typedef {{name: string, tracks: Track[]}} Taste */

const COVER = "0 6 48 30";
/** Where the list stands below the desk and not beside it. */
const NARROW = "(max-width: 59.99rem)";

/** @param {import("./mix.js").Mix} mix @param {Taste[]} tastes */
export function offerTastes(mix, tastes) {
  byId("taste-list").replaceChildren(...tastes.map((taste) => element("li", {}, button(mix, taste))));
  byId("tastes").hidden = tastes.length === 0;
}

/** Ask for them. @returns {Promise<Taste[]>} */
export const findTastes = async () => (await call("tastes")).tastes;

/** @param {import("./mix.js").Mix} mix @param {Taste} taste */
function button(mix, taste) {
  const take = () => {
    mix.replace(...taste.tracks);
    if (matchMedia(NARROW).matches) byId("list-title").scrollIntoView({ block: "start", behavior: "smooth" });
    announce(`Your mix is now the taste “${taste.name}”.`);
  };
  const examples = taste.tracks.map((track) => track.title).join(", ");
  return element(
    "button",
    { type: "button", class: "taste", title: examples, onclick: take },
    sleeve(taste.name, COVER),
    element("strong", {}, taste.name),
  );
}
