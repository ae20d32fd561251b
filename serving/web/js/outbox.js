// What a person said, on its way to the service: in order, once each, and again while nobody answers.

import { Problem, call } from "./api.js";
import { beginSession } from "./session.js";

/** @typedef {Record<string, unknown> & {event_id: string}} Said */
/** @typedef {"store" | "spool" | "waiting"} Whereabouts what was said is stored, spooled, or still here */

const RETRY = 5;

export class Outbox extends EventTarget {
  /** @type {Said[]} */
  #waiting = [];
  /** @type {Promise<void> | null} */
  #sending = null;

  /** @type {Whereabouts} */
  whereabouts = "store";

  /** Send this after what is here already. @param {Said} said @returns {Promise<void>} when nothing more can be sent now */
  put(said) {
    this.#waiting.push(said);
    return this.flush();
  }

  /** Send what is here. */
  flush() {
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #send() {
    while (this.#waiting.length) {
      try {
        await beginSession();
        const { stored } = await call("feedback", this.#waiting[0]);
        this.#waiting.shift();
        this.#tell(stored);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.kind === "refused" || error.kind === "unsupported" || error.kind === "failed") {
          this.#waiting.shift();
          this.dispatchEvent(new CustomEvent("refused", { detail: error }));
        } else {
          this.#tell("waiting");
          setTimeout(() => this.flush(), 1000 * (error.wait || RETRY));
          return;
        }
      }
    }
  }

  /** @param {Whereabouts} whereabouts */
  #tell(whereabouts) {
    if (whereabouts === this.whereabouts) return;
    this.whereabouts = whereabouts;
    this.dispatchEvent(new Event("change"));
  }
}
