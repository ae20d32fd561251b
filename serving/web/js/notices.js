// What stands in the place of a list that cannot be had, and the line at the top for what is not well.

import { byId, drawn, element } from "./dom.js";
import { sentence } from "./words.js";

/** @typedef {import("./api.js").Problem} Problem */
/** @typedef {{label: string, act: () => void}} Remedy */

let ticking = 0;

/**
 * Show what is wrong with the list.
 * @param {Problem} problem
 * @param {() => void} again
 */
export function showProblem(problem, again) {
  const { kind, message, remedy } = problem;
  const retry = { label: "Try again", act: again };
  if (kind === "offline") showNotice(message, [sentence(remedy)], null);
  else if (kind === "no-model") showNotice("No model is being served", [sentence(message), sentence(remedy)], null);
  else if (kind === "limited") showCountdown(problem, again);
  else if (kind === "refused") showNotice("The service refused that", [sentence(message), sentence(remedy)], retry);
  else {
    const id = problem.requestId ? `Its request id is ${problem.requestId}.` : "";
    showNotice("That did not work", [sentence(message), sentence(remedy), id], retry);
  }
}

/** Nothing is left to recommend. @param {string} text @param {Remedy | null} remedy */
export const showNothingLeft = (text, remedy) => showNotice("Nothing is left", [text], remedy, "calm");

export function hideNotice() {
  clearInterval(ticking);
  byId("notice").hidden = true;
  byId("notice").replaceChildren();
}

/** @param {string} text empty for nothing to say */
export function showBanner(text) {
  const banner = byId("banner");
  banner.hidden = !text;
  if (banner.textContent !== text) banner.replaceChildren(text ? element("p", {}, text) : "");
}

/** Too many questions: say when the next one is due, and ask it then. @param {Problem} problem @param {() => void} again */
function showCountdown(problem, again) {
  let left = Math.ceil(problem.wait);
  const clock = element("span", { class: "countdown", role: "timer" }, inSeconds(left));
  const line = element("p", {}, "The next list comes ", clock, ".");
  showNotice("A moment, please", [sentence(problem.message)], null, "calm", line);
  ticking = setInterval(() => {
    left -= 1;
    clock.textContent = inSeconds(Math.max(left, 0));
    if (left > 0) return;
    clearInterval(ticking);
    again();
  }, 1000);
}

/** @param {number} seconds */
const inSeconds = (seconds) => `in ${seconds} ${seconds === 1 ? "second" : "seconds"}`;

/**
 * @param {string} title
 * @param {string[]} texts
 * @param {Remedy | null} remedy what a button does
 * @param {string} [mood]
 * @param {HTMLElement} [more]
 */
function showNotice(title, texts, remedy, mood = "", more = undefined) {
  const notice = byId("notice");
  const text = texts.filter(Boolean).join(" ");
  const signature = `${title} ${text}`;
  if (!notice.hidden && notice.dataset.says === signature && !more) return; // said once is enough
  clearInterval(ticking);
  notice.dataset.says = signature;
  const button = remedy && element("button", { type: "button", class: "primary", onclick: remedy.act }, remedy.label);
  notice.replaceChildren(
    element(
      "div",
      { class: `notice ${mood}`, role: "alert" },
      picture(),
      element("h3", {}, title),
      element("p", {}, text),
      more ?? null,
      button,
    ),
  );
  notice.hidden = false;
  notice.scrollIntoView({ block: "nearest" }); // on a small screen it may lie far below what was pressed
}

/** Two circles that do not meet. */
const picture = () =>
  drawn(
    "svg",
    { viewBox: "0 0 100 60", class: "art", "aria-hidden": "true", focusable: "false" },
    drawn("circle", { class: "one", cx: 30, cy: 30, r: 22 }),
    drawn("circle", { class: "two", cx: 72, cy: 30, r: 22 }),
  );
