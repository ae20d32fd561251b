// Three views under one address: what stands after the # says which. Each is fetched when it is first looked at.

import { byId } from "./dom.js";

/** @type {Record<string, {view: string, title: string}>} */
const VIEWS = {
  listening: { view: "view-listening", title: "Your listening · Crossfade" },
  forget: { view: "view-listening", title: "Your listening · Crossfade" },
  model: { view: "view-model", title: "The model · Crossfade" },
};
const MIX = { view: "view-mix", title: "Crossfade" };

/**
 * Show the view the address names, now and whenever it changes.
 * @param {Record<string, (view: HTMLElement) => Promise<void>>} entered what to do when a view is entered, by its id
 */
export function route(entered) {
  const show = async (/** @type {boolean} */ moved) => {
    const name = location.hash.slice(1);
    const { view, title } = VIEWS[name] ?? MIX;
    for (const one of document.querySelectorAll("main > div"))
      /** @type {HTMLElement} */ (one).hidden = one.id !== view;
    for (const link of document.querySelectorAll("nav a")) mark(link, view);
    document.title = title;
    await entered[view]?.(byId(view));
    if (moved) arrive(name, byId(view));
  };
  addEventListener("hashchange", () => show(true));
  return show(location.hash.length > 1);
}

/** @param {Element} link @param {string} view */
function mark(link, view) {
  const { view: its } = VIEWS[/** @type {HTMLAnchorElement} */ (link).hash.slice(1)] ?? MIX;
  if (its === view) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

/** The focus goes to what was named, or to the head of the view. @param {string} name @param {HTMLElement} view */
function arrive(name, view) {
  const named = name && document.getElementById(name);
  const goal = named && view.contains(named) ? named : view.querySelector("h1");
  if (!(goal instanceof HTMLElement)) return;
  goal.focus({ preventScroll: true });
  goal.scrollIntoView({ block: goal === named ? "start" : "nearest" });
  if (goal !== named) scrollTo(0, 0);
}
