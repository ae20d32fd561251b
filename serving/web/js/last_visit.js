// What the last visit saw, so that this one can say what is new since then.

import { newId } from "./new_id.js";
import { fromBefore, keep, kept } from "./tab_store.js";

/** @typedef {{visit: string, at: string, asked: string, order: string[]}} Seen */

const STORE = "last-list";
const DAY = 86_400_000;

/** The name of this visit; a reload belongs to it. @type {string} */
const visit = kept("visit") ?? newId();
keep("visit", visit);

/** What an earlier visit was shown last. @type {Seen | null} */
const before = fromBefore(STORE);

/**
 * The list that an earlier visit was given to the same question.
 * @param {object} question
 * @returns {Seen | null}
 */
export const seenBefore = (question) =>
  before?.visit !== visit && before?.asked === JSON.stringify(question) && Array.isArray(before.order) ? before : null;

/** Remember a list for the next visit. @param {object} question @param {string[]} order ids, best first */
export function seen(question, order) {
  keep(STORE, { visit, at: new Date().toISOString(), asked: JSON.stringify(question), order });
}

/** When an earlier visit was, as a person says it. @param {string} at ISO 8601 @param {Date} [now] */
export function sayWhen(at, now = new Date()) {
  const midnight = (/** @type {Date} */ moment) => new Date(moment).setHours(0, 0, 0, 0);
  const then = new Date(at);
  const days = Math.round((midnight(now) - midnight(then)) / DAY);
  if (days < 1) return "earlier today";
  if (days === 1) return "yesterday";
  if (days < 7) return then.toLocaleDateString("en", { weekday: "long" });
  return then.toLocaleDateString("en", { day: "numeric", month: "long" });
}
