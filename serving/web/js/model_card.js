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
    table("How well it does", flat(card.figures)),
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

/**
 * Nested values as rows of a name and a text; two numbers are an interval.
 * @param {unknown} value
 * @param {string} [name]
 * @returns {string[][]}
 */
function flat(value, name = "") {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value === "number") return [[name, number(value)]];
  if (Array.isArray(value)) {
    const numbers = value.length === 2 && value.every((part) => typeof part === "number");
    return [[name, numbers ? value.map(number).join(" to ") : value.join(", ")]];
  }
  if (typeof value !== "object") return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, name ? `${name}, ${key}` : key));
}
