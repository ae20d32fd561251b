// A line at the bottom that says what was just done, with a way back. It waits while somebody looks at it.

import { announce, byId, element } from "./dom.js";

/** Milliseconds: long enough to get there by keyboard. */
const SHOWN_FOR = 20_000;

let timer = 0;

/**
 * @param {string} text
 * @param {{label: string, act: () => void}} [way] the way back, or on
 */
export function showToast(text, way) {
  const toast = byId("toast");
  const before = document.activeElement;
  const press = () => {
    const held = toast.contains(document.activeElement);
    hideToast();
    way?.act();
    const moved = document.activeElement !== document.body && !toast.contains(document.activeElement);
    if (held && !moved) giveBack(before);
  };
  const button = way && element("button", { type: "button", onclick: press }, way.label);
  toast.replaceChildren(element("p", {}, text), button ?? "");
  toast.hidden = false;
  announce(text);
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : hideToast()), SHOWN_FOR);
  };
  wait();
}

/** The focus returns to what had it before, where that is still there. @param {Element | null} before */
export function giveBack(before) {
  const there = before?.isConnected && before !== document.body;
  /** @type {HTMLElement} */ (there ? before : byId("list-title")).focus({ preventScroll: true });
}

export function hideToast() {
  clearTimeout(timer);
  byId("toast").hidden = true;
}
