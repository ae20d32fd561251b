// What the list starts from: the picks in this tab, or the listening this service keeps for the person.

import { byId, element } from "./dom.js";
import { keep, kept } from "./tab_store.js";

const STORE = "source";

export class Source extends EventTarget {
  /** Whether there is any listening to start from. */
  #available = false;
  #wanted = kept(STORE) === "listening";

  get isListening() {
    return this.#available && this.#wanted;
  }

  get isAvailable() {
    return this.#available;
  }

  /** @param {import("./session.js").Known} known */
  learn({ imported, likes }) {
    this.#available = imported || likes.length > 0;
    this.dispatchEvent(new Event("learnt"));
  }

  /** @param {boolean} listening */
  choose(listening) {
    this.#wanted = listening;
    keep(STORE, listening ? "listening" : "picks");
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Two buttons, as soon as there is something to choose from: without picks the list starts from the listening anyway.
 * @param {Source} source
 * @param {import("./mix.js").Mix} mix
 */
export function offerSource(source, mix) {
  const button = (/** @type {string} */ text, /** @type {boolean} */ listening) =>
    element("button", { type: "button", class: "pill", onclick: () => source.choose(listening) }, text);
  const picks = button("From your picks", false);
  const listening = button("From your listening", true);
  const draw = () => {
    byId("source").hidden = !source.isAvailable || !mix.seeds.length;
    picks.setAttribute("aria-pressed", String(!source.isListening));
    listening.setAttribute("aria-pressed", String(source.isListening));
  };
  byId("source").replaceChildren(picks, listening);
  source.addEventListener("change", draw);
  source.addEventListener("learnt", draw);
  mix.addEventListener("change", draw);
  draw();
}
