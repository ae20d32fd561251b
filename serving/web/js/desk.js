// Everything a person has said, in one place: the parts of a question.

import { Dials } from "./dials.js";
import { Feedback } from "./feedback.js";
import { Filters } from "./filters.js";
import { Mix } from "./mix.js";
import { Playlist } from "./playlist.js";
import { Source } from "./source.js";

/**
 * @typedef {{mix: Mix, feedback: Feedback, dials: Dials, filters: Filters, source: Source, playlist: Playlist}} Desk
 */

/** @returns {Desk} as this tab left it */
export const openDesk = () => ({
  mix: new Mix(),
  feedback: new Feedback(),
  dials: new Dials(),
  filters: new Filters(),
  source: new Source(),
  playlist: new Playlist(),
});

/**
 * Call a function whenever the next list would be another one.
 * @param {Desk} desk
 * @param {() => void} changed
 */
export function onChange({ mix, feedback, dials, filters, source }, changed) {
  for (const part of [mix, dials, filters, source]) part.addEventListener("change", changed);
  feedback.addEventListener("sent", changed); // the service folds in what it was told, so it has to know it first
  mix.addEventListener("change", () => source.isListening && source.choose(false));
}
