// The dials on the page. The list follows while they move.

import { byId, element, setDisabled, summaryOf } from "./dom.js";
import { AUDIO_DIALS, LIST_DIALS, PRESETS } from "./dials.js";
import { counted } from "./words.js";

/** @typedef {import("./dials.js").Dials} Dials */
/** @typedef {import("./dials.js").Dial} Dial */

/** @param {Dials} dials */
export function showDials(dials) {
  const list = LIST_DIALS.map((dial) => listDial(dials, dial));
  const audio = AUDIO_DIALS.map((dial) => audioDial(dials, dial));
  const presets = Object.entries(PRESETS).map(([name, sound]) => preset(dials, name, sound));
  const rest = element("button", { type: "button", class: "quiet", onclick: () => dials.reset() }, "Reset the dials");
  byId("dials-panel").replaceChildren(
    ...list.map(({ part }) => part),
    element(
      "fieldset",
      { class: "sound" },
      element("legend", {}, "Sound"),
      element(
        "div",
        { class: "presets", role: "group", "aria-label": "Sounds to start from" },
        ...presets.map(({ part }) => part),
      ),
      ...audio.map(({ part }) => part),
      element("p", { class: "soft" }, "Tracks whose sound is not known are neither favoured nor left out."),
    ),
    element("p", {}, rest),
  );
  const draw = () => {
    for (const part of [...list, ...audio, ...presets]) part.draw();
    const turned = dials.turned();
    byId("dials-line").textContent = turned ? counted(turned, "dial turned", "dials turned") : "as the model ranks it";
    setDisabled(rest, turned === 0, summaryOf("dials"));
  };
  dials.addEventListener("change", draw);
  draw();
}

/** @param {Dials} dials @param {Dial} dial */
function listDial(dials, dial) {
  const fader = faderOf(dial, (value) => dials.turn(dial.name, value));
  const said = element("output", { for: fader.id });
  const part = element(
    "div",
    { class: "dial" },
    element("label", { class: "label", for: fader.id }, dial.label),
    said,
    fader,
    element(
      "div",
      { class: "ends", "aria-hidden": "true" },
      element("span", {}, dial.low),
      element("span", {}, dial.high),
    ),
  );
  const draw = () => {
    const value = dials.list[dial.name] ?? 0;
    fader.value = String(value);
    said.textContent = inWords(dial, value);
    fader.setAttribute("aria-valuetext", inWords(dial, value));
  };
  return { part, draw };
}

/** @param {Dials} dials @param {Dial} dial */
function audioDial(dials, dial) {
  const middle = Math.round((dial.min + dial.max) / 2 / dial.step) * dial.step;
  const fader = faderOf(dial, (value) => dials.aim(dial.name, value));
  fader.setAttribute("aria-label", `${dial.label}, from ${dial.low} to ${dial.high}`);
  const care = element("input", { type: "checkbox", role: "switch" });
  care.addEventListener("change", () => dials.aim(dial.name, care.checked ? middle : null));
  const said = element("output", { for: fader.id });
  const part = element("div", { class: "dial" }, element("label", { class: "switch" }, care, dial.label), said, fader);
  const draw = () => {
    const value = dials.audio[dial.name] ?? null;
    care.checked = value !== null;
    fader.hidden = value === null;
    fader.value = String(value ?? middle);
    said.textContent = value === null ? "don’t care" : measured(dial, value);
    fader.setAttribute("aria-valuetext", said.textContent);
  };
  return { part, draw };
}

/** @param {Dials} dials @param {string} name @param {Record<string, number>} sound */
function preset(dials, name, sound) {
  const chosen = () => JSON.stringify(ordered(dials.audio)) === JSON.stringify(ordered(sound));
  const part = element(
    "button",
    { type: "button", class: "pill", onclick: () => dials.aimAt(chosen() ? {} : sound) },
    name,
  );
  return { part, draw: () => part.setAttribute("aria-pressed", String(chosen())) };
}

/** @param {Record<string, number>} values */
const ordered = (values) => Object.entries(values).sort(([one], [other]) => one.localeCompare(other));

/** @param {Dial} dial @param {(value: number) => void} turn */
function faderOf({ name, min, max, step }, turn) {
  const fader = element("input", { type: "range", class: "fader", id: `dial-${name}`, min, max, step });
  fader.addEventListener("input", () => turn(Number(fader.value)));
  return fader;
}

/** @param {Dial} dial @param {number} value */
function inWords({ low, high, min }, value) {
  if (value === 0) return "as it comes";
  const strength = Math.abs(value) < 0.35 ? "a little" : Math.abs(value) < 0.7 ? "more" : "much";
  const end = (value > 0 ? high : low).toLowerCase();
  return min < 0 || value > 0 ? `${strength === "more" ? "clearly" : strength} more ${end}` : low.toLowerCase();
}

/** @param {Dial} dial @param {number} value */
function measured({ name, low, high }, value) {
  if (name === "tempo") return `${value} bpm`;
  if (value <= 0.2) return low;
  return value >= 0.8 ? high : `${Math.round(value * 100)} of 100`;
}
