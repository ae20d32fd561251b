// The list by keyboard: they work while something in the list has the focus, and nowhere else.

import { byId } from "./dom.js";

/** Key -> the button of a row that it presses. @type {Record<string, string>} */
const PRESSES = { l: ".like", s: ".skip", a: ".take" };
const UP_DOWN = { ArrowUp: -1, ArrowDown: 1 };

export function enableKeys() {
  byId("list").addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = target.closest(".row");
    if (!row) return;
    if (key in UP_DOWN) walk(row, target, UP_DOWN[/** @type {keyof typeof UP_DOWN} */ (key)]);
    else if (event.repeat) return; // a key held a little long says nothing twice, nor of the next track
    else if (key.toLowerCase() in PRESSES) button(row, PRESSES[key.toLowerCase()])?.click();
    else if (key.toLowerCase() === "z") byId("undo").click();
    else return;
    event.preventDefault();
  });
}

/** To the same button of the next row. @param {Element} row @param {HTMLElement} from @param {number} by */
function walk(row, from, by) {
  const rows = [...byId("list").children];
  const next = rows[rows.indexOf(row) + by];
  if (!next) return;
  const does = Object.values(PRESSES).find((kind) => from.matches(kind)) ?? PRESSES.l;
  button(next, does)?.focus();
}

/** @param {Element} row @param {string} does @returns {HTMLElement | null} */
const button = (row, does) => row.querySelector(does);
