// What a person said, on its way to the service: in order, once each, and again while nobody answers.

import { Problem, call } from "./api.js";
import { asListener } from "./session.js";
import { keep, kept } from "./tab_store.js";

/** @typedef {Record<string, unknown> & {event_id: string}} Said */
/** @typedef {"store" | "spool" | "waiting"} Whereabouts what was said is stored, spooled, or still here */

const RETRY = 5;
const STORE = "outbox";

export class Outbox extends EventTarget {
  /** What this tab could not send before it was reloaded is sent first. @type {Said[]} */
  #waiting = (kept(STORE) ?? []).filter((/** @type {any} */ said) => said?.event_id);
  /** @type {Promise<void> | null} */
  #sending = null;

  /** @type {Whereabouts} */
  whereabouts = this.#waiting.length ? "waiting" : "store";

  /** Send this after what is here already. @param {Said} said @returns {Promise<void>} when nothing more can be sent now */
  put(said) {
    this.#wait([...this.#waiting, said]);
    return this.flush();
  }

  /** Send nothing of what is here. */
  clear() {
    this.#wait([]);
    this.#tell("store");
  }

  /** Send what is here. */
  flush() {
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #send() {
    while (this.#waiting.length) {
      const [said] = this.#waiting;
      try {
        const { stored } = await asListener(() => call("feedback", said));
        this.#leave(said);
        this.#tell(stored);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.kind === "refused" || error.kind === "unsupported" || error.kind === "failed") {
          this.#leave(said);
          this.dispatchEvent(new CustomEvent("refused", { detail: error }));
        } else {
          this.#tell("waiting");
          setTimeout(() => this.flush(), 1000 * (error.wait || RETRY));
          return;
        }
      }
    }
  }

  /** @param {Said} said */
  #leave(said) {
    this.#wait(this.#waiting.filter((one) => one !== said));
  }

  /** @param {Said[]} waiting */
  #wait(waiting) {
    this.#waiting = waiting;
    keep(STORE, waiting);
  }

  /** @param {Whereabouts} whereabouts */
  #tell(whereabouts) {
    if (whereabouts === this.whereabouts) return;
    this.whereabouts = whereabouts;
    this.dispatchEvent(new Event("change"));
  }
}
