// The page's one dialog: what is asked, and the buttons that answer.

import { byId, element } from "./dom.js";

/** @typedef {{label: string, kind?: string, act: () => void}} Answer an answer does not close the dialog by itself */

/**
 * Show the dialog, or change what it shows.
 * @param {string} title
 * @param {(Node | string | null)[]} content
 * @param {Answer[]} answers beside the one that closes
 * @param {string} [close] what the closing button says
 */
export function showDialog(title, content, answers, close = "Cancel") {
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  const head = element("h2", { id: "dialog-title", tabindex: "-1" }, title);
  const buttons = answers.map(({ label, kind = "primary", act }) =>
    element("button", { type: "button", class: kind, onclick: act }, label),
  );
  dialog.replaceChildren(
    head,
    ...content.flatMap((part) => (!part ? [] : typeof part === "string" ? element("p", {}, part) : part)),
    element(
      "div",
      { class: "dialog-actions" },
      element("button", { type: "button", class: "secondary", onclick: closeDialog }, close),
      ...buttons,
    ),
  );
  if (!dialog.open) dialog.showModal();
  head.focus();
}

export function closeDialog() {
  /** @type {HTMLDialogElement} */ (byId("dialog")).close();
}
