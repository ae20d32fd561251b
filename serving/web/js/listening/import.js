// Bringing an export: agree, choose the file, wait, and see what became of every entry.

import { Problem, call } from "../api.js";
import { announce, element } from "../dom.js";
import { beginSession } from "../session.js";
import { sentence } from "../words.js";
import { accountOf } from "./account.js";
import { paragraphs } from "./consent_words.js";
import { upload } from "./upload.js";

/** @typedef {{state: "reading" | "done" | "failed", progress: number, summary: import("./account.js").Summary | null,
 *   problem: {what: string, remedy: string} | null}} Status */

const LOOK_EVERY = 400;
const SOURCES =
  "The zip that Spotify sends (Account, Privacy, Download your data; the extended history knows most), " +
  "an export of ListenBrainz or Exportify, or scrobbles of Last.fm as CSV.";

/** The steps, as a panel. @param {() => Promise<void>} imported what follows an import @returns {HTMLElement} */
export function importing(imported) {
  const words = element("div", { class: "consent", tabindex: "0", role: "region", "aria-label": "What you agree to" });
  const agree = element("input", { type: "checkbox", role: "switch" });
  const outcome = element("div", { "aria-live": "polite" });
  const { part, choose } = dropZone((file) => bring(file));
  let version = "";

  const open = () => choose(agree.checked && version !== "");
  agree.addEventListener("change", open);
  ask();

  /** The words come from the service: what is agreed to is what it keeps. */
  async function ask() {
    try {
      const answer = await call("import/consent");
      version = answer.version;
      words.replaceChildren(...paragraphs(answer.text));
    } catch (error) {
      words.replaceChildren(element("p", {}, said(error)));
    }
    open();
  }

  /** @param {File} file */
  async function bring(file) {
    choose(false);
    const bar = element("progress", { max: "1", value: "0", "aria-label": "Import" });
    const line = element("p", {}, `Sending ${file.name}…`);
    outcome.replaceChildren(line, bar);
    try {
      await beginSession();
      const { import_id: id } = await upload(file, version, (share) => (bar.value = share / 2));
      const status = await finished(id, (share) => {
        line.textContent = "Reading it…";
        bar.value = 0.5 + share / 2;
      });
      outcome.replaceChildren(accountOf(status.summary ?? { read: 0, kept: 0, left_out: {} }));
      announce("The import is done.");
      await imported();
    } catch (error) {
      outcome.replaceChildren(
        element(
          "div",
          { class: "notice", role: "alert" },
          element("h3", {}, "The import did not work"),
          element("p", {}, said(error)),
        ),
      );
    }
    open();
  }

  return element(
    "section",
    { class: "panel", "aria-labelledby": "import-title" },
    element("h2", { id: "import-title" }, "Bring your history"),
    element("p", {}, SOURCES),
    words,
    element("label", { class: "switch" }, agree, "I agree to these words"),
    part,
    outcome,
  );
}

/** Wait until an import is read. @param {string} id @param {(share: number) => void} progressed @returns {Promise<Status>} */
async function finished(id, progressed) {
  for (;;) {
    /** @type {Status} */
    const status = await call("import/status", { import_id: id });
    if (status.state === "done") return status;
    if (status.state === "failed")
      throw new Problem(
        "failed",
        status.problem?.what ?? "the file could not be read",
        status.problem?.remedy ?? "Choose the file as it came",
      );
    progressed(status.progress);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** A place to drop a file on, with a button for those who do not drag. @param {(file: File) => void} bring */
function dropZone(bring) {
  const input = element("input", {
    type: "file",
    accept: ".zip,.csv,application/zip,text/csv",
    "aria-label": "Choose the file",
  });
  const label = element("label", { class: "secondary choose" }, "Choose the file", input);
  const part = element("div", { class: "drop" }, element("p", {}, "Drop the file here, or"), label);
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = "";
    if (file) bring(file);
  });
  part.addEventListener("dragover", (event) => {
    event.preventDefault();
    part.classList.toggle("over", !input.disabled);
  });
  part.addEventListener("dragleave", () => part.classList.remove("over"));
  part.addEventListener("drop", (event) => {
    event.preventDefault();
    part.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file && !input.disabled) bring(file);
  });
  const choose = (/** @type {boolean} */ possible) => {
    input.disabled = !possible;
    part.classList.toggle("closed", !possible);
  };
  choose(false);
  return { part, choose };
}

/** @param {unknown} error */
function said(error) {
  if (!(error instanceof Problem)) throw error;
  return `${sentence(error.message)} ${sentence(error.remedy)}`;
}
