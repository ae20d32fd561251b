// "The model": what answers here, how well it does, how it was chosen, and where it comes from.

import { Problem, call } from "../api.js";
import { element } from "../dom.js";
import { counted, day, listed, number, sentence } from "../words.js";
import { measures, table } from "./figures.js";

/**
 * @typedef {{model_version: string, name: string, title: string, tracks: number, listeners: number,
 *   config: Record<string, unknown>, lineage: Record<string, unknown>, figures: import("./figures.js").Figures,
 *   champion_since: string | null, champion_reason: string | null, refused_bundle: string | null,
 *   refused_trials: string[], refusals?: Record<string, string>}} Card
 */

const HOW =
  "Candidates are measured on the same listeners. A new one serves only if it beats the simple baselines, and the " +
  "champion before it, by more than chance, and is not worse for any group of listeners by more than a set margin.";

/** The view was entered: the model may have changed since the last time. @param {HTMLElement} view */
export async function enter(view) {
  view.setAttribute("aria-busy", "true");
  try {
    view.replaceChildren(...pageOf(await call("model")));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const text = `${sentence(error.message)} ${sentence(error.remedy)}`;
    view.replaceChildren(title("The model"), element("p", { class: "notice", role: "alert" }, text));
  } finally {
    view.removeAttribute("aria-busy");
  }
}

/** @param {string} text */
const title = (text) => element("h1", { tabindex: "-1" }, text);

/** @param {Card} card */
function pageOf(card) {
  const { title: name, figures, lineage, config } = card;
  return [
    element("header", { class: "intro" }, title(name), element("p", { class: "lead" }, inShort(card))),
    ...refused(card),
    element("div", { class: "side-by-side" }, chosen(card), measures(figures)),
    element(
      "details",
      { class: "fold" },
      summary("Every figure"),
      table("Means with their 95 % intervals", everything(figures)),
    ),
    element(
      "details",
      { class: "fold" },
      summary("Where it comes from"),
      table("Lineage", flat(lineage)),
      table("Hyper-parameters", flat(config)),
    ),
  ];
}

/** What should be here and could not be loaded. @param {Card} card @returns {HTMLElement[]} */
function refused({ refused_bundle: bundle, refused_trials: trials, refusals = {} }) {
  const why = (/** @type {string} */ id) => (refusals[id] ? `: ${refusals[id]}` : "");
  const says = (/** @type {string} */ head, /** @type {string} */ id, /** @type {string} */ rest) =>
    element(
      "section",
      { class: "notice", role: "status" },
      element("h2", {}, head),
      element("p", {}, element("code", {}, id), ` could not be loaded${why(id)}. ${rest}`),
    );
  return [
    ...(bundle ? [says("A newer model was refused", bundle, "The one below keeps serving everybody.")] : []),
    ...trials.map((id) => says("A model on trial was left out", id, "The one below answers in its place.")),
  ];
}

/** @param {string} text */
const summary = (text) => element("summary", {}, element("span", {}, text));

/** What it is and what it learned from, in two sentences. @param {Card} card */
function inShort({ tracks, listeners, lineage }) {
  const { sources, feedback_until: until } = lineage;
  const learned = `${counted(listeners, "listener", "listeners")} and ${counted(tracks, "track", "tracks")}`;
  const from = Array.isArray(sources) && sources.length ? ` (${listed(sources)})` : "";
  const told = typeof until === "string" ? `, and from what listeners told this service until ${day(until)}` : "";
  return `It learned from ${learned}${from}${told}. Every reason it gives is an exact share of a track’s score.`;
}

/** @param {Card} card */
function chosen({ model_version: version, name, champion_since: since, champion_reason: reason }) {
  const facts = [
    ["Serving since", since ? day(since) : ""],
    ["Chosen because", reason ?? ""],
    ["Recipe", name],
    ["Version", version],
  ];
  return element(
    "section",
    { class: "panel", "aria-labelledby": "chosen-title" },
    element("h2", { id: "chosen-title" }, "How it was chosen"),
    element("p", {}, HOW),
    table(
      "",
      facts.filter(([, value]) => value),
    ),
  );
}

/** @param {import("./figures.js").Figures} figures */
const everything = ({ metrics = {}, summary: single = {} }) => [
  ...Object.entries(metrics).map(([key, { mean, low, high }]) => [
    key,
    `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`,
  ]),
  ...Object.entries(single).map(([key, value]) => [key, value.toFixed(3)]),
];

/**
 * Nested values as rows of a name and a text.
 * @param {unknown} value
 * @param {string} [name]
 * @returns {string[][]}
 */
function flat(value, name = "") {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value === "number") return [[name, number(value)]];
  if (Array.isArray(value)) return value.length ? [[name, value.join(", ")]] : [];
  if (typeof value !== "object") return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flat(inner, name ? `${name}, ${key}` : key.replaceAll("_", " ")),
  );
}
