// Questions and answers: a newer question makes an older one moot, and what fails is shown and tried again.

import { Problem, call, isAborted, ready } from "./api.js";
import { announce, byId } from "./dom.js";
import { hideNotice, showNothingLeft, showProblem } from "./notices.js";
import { sayWhen, seen, seenBefore } from "./last_visit.js";
import { question } from "./question.js";
import { counted } from "./words.js";

/** @typedef {import("./api.js").Recommendations} Recommendations */

const LOOK_AGAIN = 3000;

export class Asking {
  #current = new AbortController();
  #waiting = 0;
  #typing = false;

  /** The id of the answer that is shown. */
  listId = "";

  /**
   * @param {import("./desk.js").Desk} desk
   * @param {import("./list.js").TrackList} list
   * @param {() => void} restart what to do when the service is back
   * @param {(answer: Recommendations) => void} shown
   */
  constructor(desk, list, restart, shown) {
    this.desk = desk;
    this.list = list;
    this.restart = restart;
    this.shown = shown;
  }

  /** Ask for the list that belongs to what is on the desk. */
  async refresh() {
    this.#current.abort();
    this.#current = new AbortController();
    const { signal } = this.#current;
    this.list.showLoading();
    try {
      const asked = question(this.desk);
      const answer = await call("recommendations", asked, signal);
      if (!signal.aborted) this.#show(asked, answer);
    } catch (error) {
      if (!isAborted(error)) this.report(error);
    }
  }

  /** Show what is wrong. @param {unknown} error */
  report(error) {
    if (!(error instanceof Problem)) throw error;
    this.#current.abort();
    this.list.showStale(true);
    const gone = error.kind === "offline" || error.kind === "no-model";
    if (!this.list.tracks.length) byId("list-title").textContent = "Recommendations";
    byId("list-note").textContent = this.list.tracks.length ? "This is the list from before." : "";
    showProblem(error, () => (gone ? this.restart() : this.refresh()));
    this.#closeSearch(gone);
    if (gone) this.#wait();
  }

  /** Nobody can be found while the service is gone; whoever was typing goes on afterwards. @param {boolean} closed */
  #closeSearch(closed) {
    const query = /** @type {HTMLInputElement} */ (byId("query"));
    this.#typing ||= closed && document.activeElement === query;
    query.disabled = closed;
    if (closed) return;
    if (this.#typing && document.activeElement === document.body) query.focus();
    this.#typing = false;
  }

  /** Look now and then whether the service is back, or has a model. */
  #wait() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(async () => {
      try {
        await ready();
        this.#closeSearch(false);
        this.restart();
      } catch (error) {
        this.report(error);
      }
    }, LOOK_AGAIN);
  }

  /** @param {object} asked @param {Recommendations} answer */
  #show(asked, answer) {
    this.listId = answer.request_id;
    hideNotice();
    const before = this.list.tracks.length ? null : seenBefore(asked);
    if (before) this.list.compareWith(before.order);
    const changed = this.list.show(answer);
    seen(
      asked,
      answer.recommendations.map((entry) => entry.track.track_id),
    );
    const note = before && changed ? `Since ${sayWhen(before.at)}: ${changed}.` : this.#note(answer, changed);
    byId("list-title").textContent = this.#title(answer);
    byId("list-note").textContent = note;
    if (answer.recommendations.length === 0) this.#nothingLeft();
    announce(`${counted(answer.recommendations.length, "recommendation", "recommendations")}. ${note}`);
    this.shown(answer);
  }

  /** @param {Recommendations} answer */
  #title({ basis }) {
    if (basis === "popularity") return "What most listeners play";
    const { mix, source, feedback } = this.desk;
    if (source.isListening || !mix.seeds.length)
      return feedback.known.imported ? "From your listening" : "From what you like";
    return "What follows from your mix";
  }

  /** @param {Recommendations} answer @param {string} changed */
  #note({ basis, unknown_tracks: unknown }, changed) {
    if (unknown.length) return `${counted(unknown.length, "pick is", "picks are")} unknown to this model and left out.`;
    if (changed) return `${changed.charAt(0).toUpperCase()}${changed.slice(1)}.`;
    if (basis === "popularity") return "Pick something to make the list yours.";
    const { mix, source } = this.desk;
    return source.isListening || !mix.seeds.length ? "" : `Blended from ${counted(mix.seeds.length, "pick", "picks")}.`;
  }

  #nothingLeft() {
    const { filters } = this.desk;
    if (filters.count()) {
      showNothingLeft("No track fits all the filters at once.", {
        label: "Clear the filters",
        act: () => filters.reset(),
      });
    } else showNothingLeft("You have picked or set aside everything there is to recommend.", null);
  }
}
