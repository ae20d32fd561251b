// Bringing an export: agree, choose the file, wait, and see what became of every entry.

import { Problem, call } from "../api.js";
import { announce, element } from "../dom.js";
import { asListener, isReturning } from "../session.js";
import { keep, kept } from "../tab_store.js";
import { sentence } from "../words.js";
import { accountOf } from "./account.js";
import { paragraphs } from "./consent_words.js";
import { upload } from "./upload.js";

/** @typedef {{state: "reading" | "done" | "failed", progress: number, summary: import("./account.js").Summary | null,
 *   problem: {what: string, remedy: string} | null}} Status */

const LOOK_EVERY = 400;
const LOOK_AGAIN = 2000;
/** The import that is waited for, after a reload or in another tab as well. */
const STORE = "import";
/** While it is like this, the service may come back and tell. @type {import("../api.js").Kind[]} */
const PASSING = ["offline", "no-model", "limited"];
const SOURCES =
  "The zip that Spotify sends you (Account, Privacy, Download your data; the extended history tells most), " +
  "an export from ListenBrainz or Exportify, or your Last.fm scrobbles as CSV.";

/** The steps, as a panel. @param {() => Promise<void>} imported what follows an import @returns {HTMLElement} */
export function importing(imported) {
  const words = element("div", { class: "consent", tabindex: "0", role: "region", "aria-label": "What you agree to" });
  const agree = element("input", { type: "checkbox", role: "switch" });
  const outcome = element("div", { "aria-live": "polite" });
  const { part, choose } = dropZone((file) => bring(file));
  let version = "";
  let busy = false;

  const open = () => choose(!busy && agree.checked && version !== "");
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
  const bring = (file) =>
    follow(`Sending ${file.name}…`, async (bar) => {
      const { import_id: id } = await asListener(() => upload(file, version, (share) => (bar.value = share / 2)));
      return id;
    });

  /**
   * Show how an import goes, and what came of it.
   * @param {string} begun what happens first
   * @param {(bar: HTMLProgressElement) => Promise<string>} start gives the id of the import
   */
  async function follow(begun, start) {
    busy = true;
    open();
    const bar = element("progress", { max: "1", value: "0", "aria-label": "Import" });
    const line = element("p", {}, begun);
    outcome.replaceChildren(line, bar);
    try {
      const id = await start(bar);
      keep(STORE, id);
      const { summary } = await finished(id, (doing, share) => {
        line.textContent = doing;
        if (share !== null) bar.value = 0.5 + share / 2;
      });
      outcome.replaceChildren(accountOf(summary ?? { read: 0, kept: 0, left_out: {} }));
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
    keep(STORE, null);
    busy = false;
    open();
  }

  if (kept(STORE) && isReturning()) {
    follow("Reading it…", async () => kept(STORE));
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

/**
 * Wait until an import is read, also while the service is away: it knows afterwards what became of it.
 * @param {string} id
 * @param {(doing: string, share: number | null) => void} progressed
 * @returns {Promise<Status>}
 */
async function finished(id, progressed) {
  for (;;) {
    const status = await look(id);
    if (status?.state === "done") return status;
    if (status?.state === "failed") throw problemWith(status);
    if (status) progressed("Reading it…", status.progress);
    else progressed("The service does not answer. This page asks again until it does.", null);
    await new Promise((resolve) => setTimeout(resolve, status ? LOOK_EVERY : LOOK_AGAIN));
  }
}

/** @param {string} id @returns {Promise<Status | null>} null while the service cannot tell */
async function look(id) {
  try {
    return await asListener(() => call("import/status", { import_id: id }));
  } catch (error) {
    if (error instanceof Problem && PASSING.includes(error.kind)) return null;
    throw error;
  }
}

/** @param {Status} status */
const problemWith = ({ problem }) =>
  new Problem(
    "failed",
    problem?.what ?? "the file could not be read",
    problem?.remedy ?? "Choose the file as it came",
  );

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
