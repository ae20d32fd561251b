// The filters on the page.

import { announce, byId, element, redraw, setDisabled, summaryOf } from "./dom.js";
import { counted } from "./words.js";

/** @typedef {import("./filters.js").Filters} Filters */
/** @typedef {import("./feedback.js").Feedback} Feedback */

const MOST_PER_ARTIST = [1, 2, 3, 5];
const FIRST_YEAR = 1900;
const LAST_YEAR = new Date().getFullYear();
const BLOCKS = new Set(["block_track", "block_artist"]);

/** @param {Filters} filters @param {Feedback} feedback */
export function showFilters(filters, feedback) {
  const clean = element("input", { type: "checkbox", role: "switch" });
  clean.addEventListener("change", () => filters.set({ clean: clean.checked }));
  const from = year("From year", "from", filters);
  const to = year("To year", "to", filters);
  const most = mostPerArtist(filters);
  const genres = genrePicker(filters);
  const blocked = element("ul", { class: "taken", "aria-label": "Never shown" });
  const none = element("button", { type: "button", class: "quiet", onclick: () => filters.reset() }, "Reset the filters");
  byId("filters-panel").replaceChildren(
    element("label", { class: "switch" }, clean, "Leave out explicit tracks"),
    element("div", { class: "row-of-two" }, from.part, to.part),
    most.part,
    genres.part,
    element("p", {}, none),
    blocked,
  );
  const draw = () => {
    clean.checked = filters.choice.clean;
    for (const part of [from, to, most, genres]) part.draw();
    byId("filters-line").textContent = filters.count() ? counted(filters.count(), "filter", "filters") : "none";
    setDisabled(none, filters.count() === 0, summaryOf("filters"));
  };
  const drawBlocked = () => redraw(blocked, blocks(feedback), summaryOf("filters"));
  filters.addEventListener("change", draw);
  feedback.addEventListener("change", drawBlocked);
  draw();
  drawBlocked();
}

/** Offer the genres a person has seen. @param {Iterable<string>} genres */
export function suggestGenres(genres) {
  const known = byId("genre-list");
  const there = new Set([...known.children].map((option) => option.getAttribute("value")));
  for (const genre of genres) if (!there.has(genre)) known.append(element("option", { value: genre }));
}

/** @param {string} label @param {"from" | "to"} name @param {Filters} filters */
function year(label, name, filters) {
  const field = element("input", {
    class: "field",
    type: "number",
    id: `year-${name}`,
    min: FIRST_YEAR,
    max: LAST_YEAR,
    inputmode: "numeric",
  });
  field.addEventListener("change", () => {
    const value = field.value && field.validity.valid ? Number(field.value) : null;
    filters.set({ [name]: value });
  });
  const part = element("div", {}, element("label", { class: "label", for: field.id }, label), field);
  return { part, draw: () => (field.value = String(filters.choice[name] ?? "")) };
}

/** @param {Filters} filters */
function mostPerArtist(filters) {
  const field = element(
    "select",
    { class: "field", id: "per-artist" },
    element("option", { value: "" }, "any number"),
    ...MOST_PER_ARTIST.map((most) => element("option", { value: most }, `at most ${most}`)),
  );
  field.addEventListener("change", () => filters.set({ perArtist: Number(field.value) || null }));
  const part = element("div", {}, element("label", { class: "label", for: field.id }, "Tracks of one artist"), field);
  return { part, draw: () => (field.value = String(filters.choice.perArtist ?? "")) };
}

/** @param {Filters} filters */
function genrePicker(filters) {
  const field = element("input", {
    class: "field",
    id: "genre",
    list: "genre-list",
    autocomplete: "off",
    maxlength: "60",
  });
  const taken = element("ul", { class: "taken", "aria-label": "Only these genres" });
  const add = (/** @type {Event} */ event) => {
    event.preventDefault();
    const genre = field.value.trim();
    if (!genre) return;
    field.value = "";
    filters.set({ genres: [...new Set([...filters.choice.genres, genre])] });
    announce(`Only ${genre}.`);
  };
  const form = element(
    "form",
    { class: "adding", onsubmit: add },
    element("div", {}, element("label", { class: "label", for: field.id }, "Only this genre"), field),
    element("button", { type: "submit", class: "secondary" }, "Add"),
  );
  const remove = (/** @type {string} */ genre) => {
    filters.set({ genres: filters.choice.genres.filter((one) => one !== genre) });
    field.focus();
  };
  const draw = () =>
    taken.replaceChildren(
      ...filters.choice.genres.map((genre) => out(genre, `Any genre but ${genre} too`, () => remove(genre))),
    );
  return { part: element("div", {}, form, element("datalist", { id: "genre-list" }), taken), draw };
}

/** What was blocked in this tab, each with the way back. @param {Feedback} feedback */
function blocks(feedback) {
  const said = feedback.acts.filter((act) => BLOCKS.has(act.kind));
  return said.map((act) => {
    const name = act.artist ?? act.track.title;
    return out(`never ${name}`, `Show ${name} again`, () => feedback.takeBack(act));
  });
}

/** @param {string} text @param {string} label @param {() => void} onclick */
const out = (text, label, onclick) =>
  element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "pill", "aria-label": label, onclick },
      text,
      element("span", { "aria-hidden": "true" }, "×"),
    ),
  );
