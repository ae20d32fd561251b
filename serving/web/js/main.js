// The page: a mix goes out, a list comes back.

import { Problem, call, isAborted, ready } from "./api.js";
import { showChips } from "./chips.js";
import { announce, byId, debounced } from "./dom.js";
import { showList, showLoading, showNotice } from "./list.js";
import { Mix } from "./mix.js";
import { keepModelCard, showModelCard } from "./model_card.js";
import { enableSearch } from "./search.js";
import { offerTastes } from "./tastes.js";

const LIST_LENGTH = 20;
const QUIET = 60;
const LOOK_AGAIN = 3000;

const mix = new Mix();
const query = /** @type {HTMLInputElement} */ (byId("query"));
let asking = new AbortController();

/** Ask for the list that belongs to the mix; a newer question makes an older one moot. */
async function refresh() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  showLoading();
  try {
    const answer = await call("recommendations", { history: mix.history(), k: LIST_LENGTH }, signal);
    if (signal.aborted) return;
    showList(answer, mix);
    await keepModelCard(answer.model_version);
    if (mix.seeds.length) announce(`${answer.recommendations.length} recommendations.`);
  } catch (error) {
    if (!isAborted(error)) report(error);
  }
}

/** Fill the page; what fails here is shown once, and tried again when there is hope. */
async function start() {
  try {
    await Promise.all([refresh(), offerTastes(mix), showModelCard()]);
  } catch (error) {
    report(error);
  }
}

/** Show what is wrong. @param {unknown} error */
function report(error) {
  if (!(error instanceof Problem)) throw error;
  asking.abort();
  if (error.kind === "failed") {
    const id = error.requestId && ` Its request id is ${error.requestId}.`;
    showNotice("That did not work", sentence(error.message) + " " + sentence(error.remedy) + id, start);
    return;
  }
  query.disabled = true;
  const title = error.kind === "no-model" ? "No model is being served" : error.message;
  const what = error.kind === "no-model" ? `${sentence(error.message)} ` : "";
  showNotice(title, what + sentence(error.remedy), null);
  wait();
}

let waiting = 0;

/** Look now and then whether the service is back, or has a model. */
function wait() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    try {
      await ready();
      query.disabled = false;
      await start();
    } catch (error) {
      report(error);
    }
  }, LOOK_AGAIN);
}

/** @param {string} text */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1).replace(/[.\s]*$/, ".");

mix.addEventListener("change", debounced(QUIET, refresh));
showChips(mix);
enableSearch(mix, report);
start();
