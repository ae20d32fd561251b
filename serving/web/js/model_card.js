// About the model: what answers here, from what it was made, and how well it does.

import { call } from "./api.js";
import { byId, element } from "./dom.js";
import { counted, number } from "./words.js";

let shown = "";

/** Show the card of the model that made an answer, unless it is there already. @param {string} version */
export async function keepModelCard(version) {
  if (shown && shown !== version) await showModelCard();
}

export async function showModelCard() {
  const opener = /** @type {HTMLAnchorElement} */ (byId("to-model"));
  opener.onclick = () => byId("model").setAttribute("open", "");
  const card = await call("model");
  shown = card.model_version;
  const size = `${counted(card.tracks, "track", "tracks")}, ${counted(card.listeners, "listener", "listeners")}`;
  byId("model-line").textContent = `${card.title} · version ${card.model_version.slice(0, 8)} · ${size}`;
  const facts = [
    ["Model", `${card.title} (${card.name})`],
    ["Version", card.model_version],
    ["Learned from", size],
    ["Champion since", card.champion_since && new Date(card.champion_since).toLocaleString("en", { dateStyle: "long", timeStyle: "short" })],
    ["Chosen because", card.champion_reason],
  ];
  byId("model-card").replaceChildren(
    table("The model", facts.filter(([, value]) => value)),
    table(`How well it does${seen(card.figures)}`, measured(card.figures)),
    table("Where it comes from", flat(card.lineage)),
    table("Hyper-parameters", flat(card.config)),
  );
}

/** @param {string} caption @param {string[][]} rows */
function table(caption, rows) {
  if (!rows.length) return "";
  const body = rows.map(([name, value]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)));
  return element("table", {}, element("caption", {}, caption), element("tbody", {}, ...body));
}

/** @typedef {{mean: number, low: number, high: number, n: number}} Estimate */
/** @typedef {{metrics?: Record<string, Estimate>, summary?: Record<string, number>, protocol?: string}} Figures */

const SHOWN_AT = "@10"; // the call gives all list lengths
/** @type {Record<string, string>} */
const PROTOCOLS = { "unseen-users": "on listeners it had not seen", holdout: "on plays it had not seen" };
/** @type {Record<string, string>} */
const METRICS = { f1: "F1", hit_rate: "Hit rate", mae: "MAE", map: "MAP", mrr: "MRR", ndcg: "nDCG", rmse: "RMSE" };

/** What it was measured on, in words. @param {Figures} figures */
const seen = ({ protocol }) => (protocol ? `, ${PROTOCOLS[protocol] ?? protocol}` : "");

/** A metric's name as people write it: "ndcg@10" is nDCG@10. @param {string} key */
function metric(key) {
  const [name, at] = key.split("@");
  const words = METRICS[name] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
  return at ? `${words}@${at}` : words;
}

/** Means with the intervals in which they lie, then single numbers. @param {Figures} figures */
function measured({ metrics = {}, summary = {} }) {
  const means = Object.entries(metrics).filter(([key]) => key.endsWith(SHOWN_AT));
  return [
    ...means.map(([key, { mean, low, high }]) => [metric(key), `${short(mean)} (${short(low)} to ${short(high)})`]),
    ...Object.entries(summary).map(([key, value]) => [metric(key), short(value)]),
  ];
}

/** @param {number} value */
const short = (value) => value.toFixed(3);

/**
 * Nested values as rows of a name and a text.
 * @param {unknown} value
 * @param {string} [name]
 * @returns {string[][]}
 */
function flat(value, name = "") {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value === "number") return [[name, number(value)]];
  if (Array.isArray(value)) return [[name, value.join(", ")]];
  if (typeof value !== "object") return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, name ? `${name}, ${key}` : key));
}
