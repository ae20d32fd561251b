// The listener this browser is: a cookie the page cannot read, made only when there is something to keep.

import { Problem, call, proveWith } from "./api.js";

/**
 * @typedef {{event_id: string, kind: "like" | "dislike" | "block_track" | "block_artist", track_id: string | null,
 *   artist: string | null, title: string | null}} Told one thing that was said and still counts
 * @typedef {{likes: string[], dislikes: string[], blocked_tracks: string[], blocked_artists: string[], told: Told[],
 *   imported: boolean}} Known
 */

const RETURNING = "crossfade.returning";

/** @type {Promise<Known> | null} */
let begun = null;

/** Whether this browser has been given a cookie before; only then is the service asked at the start. */
export function isReturning() {
  try {
    return localStorage.getItem(RETURNING) !== null;
  } catch {
    return false;
  }
}

/** Be somebody: the first time a cookie is set, afterwards the same listener is meant. @returns {Promise<Known>} */
export function beginSession() {
  begun ??= begin().catch((error) => {
    begun = null; // the next one tries again
    throw error;
  });
  return begun;
}

/**
 * Do something as the listener this browser is. Where the session is not what this tab thinks (its cookie went, another
 * tab began one of its own), it begins again, once.
 * @template Value
 * @param {() => Promise<Value>} action
 * @returns {Promise<Value>}
 */
export async function asListener(action) {
  await beginSession();
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "refused") throw error;
    begun = null;
    await beginSession();
    return action();
  }
}

/** Call a function when this browser becomes nobody in another tab. @param {() => void} ended */
export function onEndElsewhere(ended) {
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== RETURNING || newValue !== null) return;
    begun = null;
    proveWith("");
    ended();
  });
}

async function begin() {
  const answer = await call("session");
  proveWith(answer.csrf_token);
  remember(true);
  return answer.known;
}

/** Be nobody again. */
export function endSession() {
  begun = null;
  proveWith("");
  remember(false);
}

/** @param {boolean} returning */
function remember(returning) {
  try {
    if (returning) localStorage.setItem(RETURNING, "1");
    else localStorage.removeItem(RETURNING);
  } catch {
    // A browser that keeps nothing also keeps no cookie.
  }
}
