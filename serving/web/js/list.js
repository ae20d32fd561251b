// The list of recommendations, and what stands in its place while there is none.

import { byId, element } from "./dom.js";
import { counted, details, fullName, percent, shares } from "./words.js";

/** @typedef {import("./api.js").Recommended} Recommended */
/** @typedef {import("./mix.js").Mix} Mix */

const list = () => byId("list");

/** Show that a list is on its way: grey rows the first time, the old list dimmed afterwards. */
export function showLoading() {
  list().setAttribute("aria-busy", "true");
  if (list().childElementCount === 0) {
    list().replaceChildren(...Array.from({ length: 8 }, () => element("li", { class: "row empty", "aria-hidden": "true" })));
  }
}

/**
 * Show an answer.
 * @param {{basis: "history" | "popularity", recommendations: Recommended[], unknown_tracks: string[]}} answer
 * @param {Mix} mix
 */
export function showList(answer, mix) {
  const { basis, recommendations } = answer;
  const focused = focusedPlace();
  const top = Math.max(...recommendations.map((entry) => entry.score), 0);
  hideNotice();
  byId("list-title").textContent = basis === "history" ? "What follows from your mix" : "What most listeners play";
  byId("list-note").textContent = noteOn(answer, mix);
  list().removeAttribute("aria-busy");
  list().replaceChildren(...recommendations.map((entry) => row(entry, basis, top, mix)));
  if (focused !== null) keepFocus(focused);
}

/**
 * Put a notice in the place of the list.
 * @param {string} title
 * @param {string} text
 * @param {(() => void) | null} again what the button does; null for no button
 */
export function showNotice(title, text, again) {
  const notice = byId("notice");
  if (!notice.hidden && notice.querySelector("p")?.textContent === text) return; // said once is enough
  const button = again && element("button", { type: "button", class: "primary", onclick: again }, "Try again");
  list().removeAttribute("aria-busy");
  list().replaceChildren();
  byId("list-title").textContent = "Recommendations";
  byId("list-note").textContent = "";
  notice.replaceChildren(
    element("div", { class: "notice", role: "alert" }, element("h3", {}, title), element("p", {}, text), button),
  );
  notice.hidden = false;
}

function hideNotice() {
  byId("notice").hidden = true;
  byId("notice").replaceChildren();
}

/** @param {{basis: string, recommendations: Recommended[], unknown_tracks: string[]}} answer @param {Mix} mix */
function noteOn({ basis, recommendations, unknown_tracks: unknown }, mix) {
  if (unknown.length) return `${counted(unknown.length, "pick is", "picks are")} unknown to this model and left out.`;
  if (!recommendations.length) return "There is nothing left to recommend.";
  if (basis === "popularity") return "Pick something, and the list becomes yours.";
  return `${counted(recommendations.length, "track", "tracks")} from ${counted(mix.seeds.length, "pick", "picks")}`;
}

/** @param {Recommended} entry @param {string} basis @param {number} top @param {Mix} mix */
function row(entry, basis, top, mix) {
  const { track } = entry;
  const more = element(
    "button",
    { type: "button", class: "more", "aria-label": `More like ${fullName(track)}`, onclick: () => mix.add(track) },
    element("span", { "aria-hidden": "true" }, "+"),
    element("span", {}, "More like this"),
  );
  return element(
    "li",
    { class: "row" },
    element("span", { class: "rank", "aria-hidden": "true" }, String(entry.rank)),
    element(
      "div",
      { class: "what" },
      element("h3", {}, track.title),
      element("p", { class: "soft" }, details(track).join(" · ")),
    ),
    basis === "history" ? why(entry, top, mix) : null,
    more,
  );
}

/** The reason in words, and as a bar: its length is the strength, its colours are the picks. */
function why(/** @type {Recommended} */ entry, /** @type {number} */ top, /** @type {Mix} */ mix) {
  const parts = shares(entry);
  if (!parts.length) {
    const text = entry.score > 0 ? "It fits your mix as a whole." : "Your mix says nothing about it; many listeners play it.";
    return element("div", { class: "why" }, element("p", {}, text));
  }
  const bar = element("div", { class: "blend", "aria-hidden": "true" });
  bar.style.setProperty("--strength", String(Math.max(0.04, entry.score / top)));
  const words = element("p", {}, "because of ");
  parts.forEach(({ track, share }, place) => {
    const colour = track ? mix.colourOf(track.track_id) : null;
    const shade = colour === null ? "colour-none" : `colour-${colour}`;
    const part = element("span", { class: shade });
    part.style.setProperty("--share", String(share));
    bar.append(part);
    words.append(
      element(
        "span",
        { class: `reason ${shade}` },
        ...dotted(`${track ? track.title : "others"}\u00a0${percent(share)}${place < parts.length - 1 ? "," : ""}`),
      ),
      " ",
    );
  });
  return element("div", { class: "why" }, bar, words);
}

/** A text with a coloured dot that stays with its first word. @param {string} text */
function dotted(text) {
  const [first, ...rest] = text.split(" ");
  const dot = element("span", { class: "dot", "aria-hidden": "true" });
  return [element("span", { class: "unbroken" }, dot, first), rest.length ? ` ${rest.join(" ")}` : null];
}

/** The place in the list that has the focus, or null. */
function focusedPlace() {
  const focused = document.activeElement?.closest(".row");
  return focused ? [...list().children].indexOf(focused) : null;
}

/** Give the focus back to where it was: the row under it may be another one now. @param {number} place */
function keepFocus(place) {
  const rows = list().querySelectorAll("button");
  /** @type {HTMLElement} */ (rows[Math.min(place, rows.length - 1)] ?? byId("list-title")).focus({ preventScroll: true });
}
