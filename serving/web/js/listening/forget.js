// Deleting what the service knows of a person, and the receipt.

import { Problem, call } from "../api.js";
import { closeDialog, showDialog } from "../dialog.js";
import { element } from "../dom.js";
import { download } from "../download.js";
import { asListener, endSession } from "../session.js";
import { leaveNothing } from "../tab_store.js";
import { day, number, sentence } from "../words.js";

const GOES =
  "Likes, skips, blocks, imports and a connection to Spotify are removed from this service, with this browser’s " +
  "cookie and what it keeps for your next visit. It cannot be undone.";

/** What each number of a receipt counts. @type {Record<string, string>} */
const COUNTED = {
  events: "Likes, skips, plays and blocks",
  history: "Records of imported listening",
  imports: "Imports",
  tokens: "Log-ins at Spotify",
};

/** @typedef {{receipt_id: string, at: string, removed: Record<string, number>, sha256: string}} Receipt */

/** @param {() => void} forgotten what follows on the page @returns {HTMLElement} */
export function forgetting(forgotten) {
  const outcome = element("div", { "aria-live": "polite" });

  async function forget() {
    closeDialog();
    try {
      const receipt = await asListener(() => call("forget", { confirm: true }));
      endSession();
      leaveNothing();
      forgotten();
      outcome.replaceChildren(receiptOf(receipt));
      outcome.querySelector("h3")?.focus();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      outcome.replaceChildren(
        element("p", { class: "notice", role: "alert" }, `${sentence(error.message)} ${sentence(error.remedy)}`),
      );
    }
  }

  const confirm = () =>
    showDialog(
      "Delete everything?",
      [GOES],
      [{ label: "Delete my data", kind: "secondary danger", act: forget }],
      "Keep it",
    );

  return element(
    "section",
    { class: "panel", id: "forget", tabindex: "-1", "aria-labelledby": "forget-title" },
    element("h2", { id: "forget-title" }, "Delete my data"),
    element(
      "p",
      {},
      "Everything this service keeps under your cookie is deleted, and you get a receipt that says what and when.",
    ),
    element(
      "p",
      {},
      element("button", { type: "button", class: "secondary danger", onclick: confirm }, "Delete my data…"),
    ),
    outcome,
  );
}

/** @param {Receipt} receipt */
function receiptOf(receipt) {
  const { receipt_id: id, at, removed, sha256 } = receipt;
  const file = {
    filename: `crossfade-receipt-${id}.json`,
    media_type: "application/json",
    content: JSON.stringify(receipt, null, 2),
  };
  const row = (/** @type {string} */ name, /** @type {string | Node} */ value) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value));
  return element(
    "div",
    { class: "receipt" },
    element("h3", { tabindex: "-1" }, "Your data is deleted. This is your receipt."),
    element(
      "table",
      {},
      element(
        "tbody",
        {},
        row("Receipt", id),
        row("Deleted on", day(at)),
        ...Object.entries(removed).map(([what, count]) => row(COUNTED[what] ?? what, `${number(count)} removed`)),
        row("SHA-256", element("code", {}, sha256)),
      ),
    ),
    element(
      "p",
      {},
      element(
        "button",
        { type: "button", class: "quiet", onclick: () => download(file) },
        "Save the receipt as a file",
      ),
    ),
  );
}
