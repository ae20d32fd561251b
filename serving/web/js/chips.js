// The mix as chips: how much each pick counts, what is liked, and the way out.

import { announce, byId, element, icon, iconButton } from "./dom.js";
import { WEIGHTS } from "./mix.js";
import { counted, credits, fullName } from "./words.js";

/** @typedef {import("./mix.js").Mix} Mix */
/** @typedef {import("./mix.js").Seed} Seed */

const WELCOME = "Start with a few you love.";
const ONWARDS = "Add more, turn the dials.";

/**
 * @param {import("./desk.js").Desk} desk
 * @param {(act: import("./feedback.js").Act) => void} takeBack
 */
export function showChips({ mix, feedback }, takeBack) {
  const chips = byId("chips");
  const draw = () => {
    const focus = focused();
    const likes = feedback.likes();
    byId("mix-part").hidden = mix.seeds.length + likes.length + feedback.earlierLikes() === 0;
    byId("desk").classList.toggle("started", !byId("mix-part").hidden);
    byId("desk-title").textContent = byId("mix-part").hidden ? WELCOME : ONWARDS;
    byId("clear").hidden = mix.seeds.length < 2;
    chips.replaceChildren(
      ...mix.seeds.map((seed) => pickChip(mix, seed)),
      ...likes.map((act) => likeChip(act, mix.colourOf(act.track.track_id), () => takeBack(act))),
    );
    byId("earlier").textContent = feedback.earlierLikes()
      ? `and ${counted(feedback.earlierLikes(), "like", "likes")} from earlier`
      : "";
    refocus(focus);
  };
  mix.addEventListener("change", draw);
  feedback.addEventListener("change", draw);
  byId("clear").addEventListener("click", () => {
    mix.replace();
    byId("query").focus();
    announce("Your mix is empty.");
  });
  draw();
}

/** @param {Mix} mix @param {Seed} seed */
function pickChip(mix, { track, colour, weight }) {
  const name = fullName(track);
  const step = WEIGHTS.indexOf(weight);
  const weigh = (/** @type {number} */ by) => {
    mix.weigh(track.track_id, WEIGHTS[step + by]);
    announce(`${track.title} counts ${counted(WEIGHTS[step + by], "time", "times")}.`);
  };
  const remove = () => {
    mix.remove(track.track_id);
    announce(`${track.title} is out of your mix.`);
  };
  return chip(
    track,
    colour,
    element(
      "span",
      { class: "weight", role: "group", "aria-label": `How much ${name} counts` },
      iconButton("less", `Less of ${name}`, () => weigh(-1), {
        class: "round small",
        "data-does": "less",
        disabled: step === 0,
      }),
      element("output", {}, `×${weight}`),
      iconButton("add", `More of ${name}`, () => weigh(1), {
        class: "round small",
        "data-does": "more",
        disabled: step === WEIGHTS.length - 1,
      }),
    ),
    iconButton("close", `Remove ${name}`, remove, { class: "round small", "data-does": "remove" }),
  );
}

/** @param {import("./feedback.js").Act} act @param {number} colour @param {() => void} takeBack */
function likeChip({ track }, colour, takeBack) {
  return chip(
    track,
    colour,
    element("span", { class: "liked" }, icon("heart"), element("span", { class: "unseen" }, "liked")),
    iconButton("close", `Unlike ${fullName(track)}`, takeBack, { class: "round small", "data-does": "remove" }),
  );
}

/** @param {import("./api.js").Track} track @param {number} colour @param {...HTMLElement} tools */
function chip(track, colour, ...tools) {
  const artists = credits(track);
  return element(
    "li",
    { class: `chip colour-${colour}`, "data-id": track.track_id },
    element("span", { class: "dot", "aria-hidden": "true" }),
    element("span", { class: "chip-text" }, track.title, artists ? element("small", {}, artists) : null),
    ...tools,
  );
}

/** What in the chips has the focus, and where. */
function focused() {
  const focus = document.activeElement;
  const chip = focus?.closest("#chips > li");
  if (!focus || !chip) return null;
  return {
    does: focus.getAttribute("data-does"),
    id: chip.getAttribute("data-id"),
    place: [...byId("chips").children].indexOf(chip),
  };
}

/** Give the focus back: to the same button, else to the chip in its place, else to the search. @param {ReturnType<typeof focused>} focus */
function refocus(focus) {
  if (!focus) return;
  const all = [...byId("chips").children];
  const chip =
    all.find((one) => one.getAttribute("data-id") === focus.id) ?? all[Math.min(focus.place, all.length - 1)];
  const button = chip?.querySelector(`[data-does="${focus.does}"]:enabled`) ?? chip?.querySelector("button:enabled");
  /** @type {HTMLElement} */ (button ?? byId("query")).focus({ preventScroll: true });
}
