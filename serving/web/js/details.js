// What else is known of a track, on one line that breaks between its parts and never begins or ends with a dot.

import { element } from "./dom.js";
import { details } from "./words.js";

/** @param {import("./api.js").Track} track @param {"p" | "small"} [tag] */
export const detailsOf = (track, tag = "p") =>
  element(
    tag,
    { class: "soft parts" },
    ...details(track).flatMap((part, place) => [place ? " " : "", one(part, place)]),
  );

/** @param {string} part @param {number} place */
const one = (part, place) => element("span", {}, place ? element("i", {}, "· ") : "", part);
