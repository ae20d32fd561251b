// The list of recommendations: rows that stay, move, come and go.

import { byId, element } from "./dom.js";
import { glide, moves } from "./motion.js";
import { Row } from "./row.js";
import { counted, listed } from "./words.js";

/** @typedef {import("./api.js").Recommendations} Recommendations */
/** @typedef {import("./api.js").Recommended} Recommended */

const GREY_ROWS = 8;

export class TrackList {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {string[]} */
  #order = [];

  /**
   * @param {import("./row.js").Actions} actions
   * @param {import("./mix.js").Mix} mix
   */
  constructor(actions, mix) {
    this.actions = actions;
    this.mix = mix;
    this.element = byId("list");
  }

  /** The tracks in the list, best first. */
  get tracks() {
    return this.#order.flatMap((id) => this.#rows.get(id)?.track ?? []);
  }

  /** Say of the next list what changed since this one, which an earlier visit saw. @param {string[]} order */
  compareWith(order) {
    this.#order = order;
  }

  /** Show that a list is on its way: grey rows the first time, the old list greyed afterwards. */
  showLoading() {
    this.element.setAttribute("aria-busy", "true");
    if (this.#order.length) return;
    const grey = () => element("li", { class: "row empty", "aria-hidden": "true" });
    this.element.replaceChildren(...Array.from({ length: GREY_ROWS }, grey));
  }

  /** An answer did not come: what stands here is from before. @param {boolean} stale */
  showStale(stale) {
    this.element.removeAttribute("aria-busy");
    this.element.classList.toggle("stale", stale);
    if (!this.#order.length) this.element.replaceChildren();
  }

  /**
   * Show an answer.
   * @param {Recommendations} answer
   * @returns {string} what changed, in words; empty where there was no list to compare with
   */
  show({ basis, recommendations }) {
    const order = recommendations.map((entry) => entry.track.track_id);
    const moved = moves(this.#order, order);
    const focused = this.#focused();
    this.showStale(false);
    glide(this.element, () => this.#place(recommendations, basis === "history", moved));
    this.#order = order;
    if (focused) this.#keepFocus(focused);
    return changes(moved);
  }

  /** Something was put into the playlist or taken out. */
  updateTaken() {
    for (const row of this.#rows.values()) row.updateTaken();
  }

  /** @param {Recommended[]} recommendations @param {boolean} reasons @param {Map<string, number | null>} moved */
  #place(recommendations, reasons, moved) {
    const list = {
      top: Math.max(...recommendations.map((entry) => entry.score), 0),
      reasons,
      colours: (/** @type {string} */ id) => `colour-${this.mix.colourOf(id)}`,
    };
    const rows = new Map();
    for (const entry of recommendations) {
      const id = entry.track.track_id;
      const row = this.#rows.get(id) ?? new Row(entry.track, this.actions);
      row.update(entry, list, moved.get(id));
      rows.set(id, row);
    }
    this.#rows = rows;
    arrange(
      this.element,
      [...rows.values()].map((row) => row.element),
    );
  }

  /** What in the list has the focus, and the place of its row; null where nothing has. */
  #focused() {
    const focus = document.activeElement;
    const row = focus?.closest(".row");
    if (!(focus instanceof HTMLElement) || !row || !this.element.contains(row)) return null;
    return { focus, place: [...this.element.children].indexOf(row) };
  }

  /**
   * Moving an element takes the focus from it: give it back. If its row is gone, the one in its place gets it.
   * @param {{focus: HTMLElement, place: number}} focused
   */
  #keepFocus({ focus, place }) {
    if (focus.isConnected) {
      focus.focus({ preventScroll: true });
      return;
    }
    const rows = this.element.querySelectorAll(".like");
    const next = rows[Math.min(place, rows.length - 1)] ?? byId("list-title");
    /** @type {HTMLElement} */ (next).focus({ preventScroll: true });
  }
}

/** Put these rows in this order; one that stands right already is not touched. @param {HTMLElement} list @param {HTMLElement[]} rows */
function arrange(list, rows) {
  const staying = new Set(rows);
  for (const row of [...list.children]) if (!staying.has(/** @type {HTMLElement} */ (row))) row.remove();
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

/** @param {Map<string, number | null>} moved */
function changes(moved) {
  const fresh = [...moved.values()].filter((move) => move === null).length;
  const other = [...moved.values()].filter((move) => move).length;
  if (!moved.size) return "";
  const said = [fresh ? `${counted(fresh, "track is", "tracks are")} new` : "", other ? `${other} moved` : ""].filter(
    Boolean,
  );
  return said.length ? listed(said) : "nothing changed";
}
