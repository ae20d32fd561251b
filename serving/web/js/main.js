// The page, put together.

import { Asking } from "./asking.js";
import { actionsOn, takeBack } from "./actions.js";
import { Problem, call } from "./api.js";
import { showChips } from "./chips.js";
import { onChange, openDesk } from "./desk.js";
import { showDials } from "./dials_panel.js";
import { byId, debounced } from "./dom.js";
import { download } from "./download.js";
import { showFilters, suggestGenres } from "./filters_panel.js";
import { enableKeys } from "./keys.js";
import { TrackList } from "./list.js";
import { showBanner } from "./notices.js";
import { showPlaylist } from "./playlist_panel.js";
import { route } from "./router.js";
import { enableSearch } from "./search.js";
import { beginSession, isReturning, onEndElsewhere } from "./session.js";
import { offerSharing, openShared } from "./share.js";
import { offerSource } from "./source.js";
import { findTastes, offerTastes } from "./tastes.js";
import { showToast } from "./toast.js";
import { showTold } from "./told_panel.js";
import { sentence } from "./words.js";

/** A list is asked for only once the dials have been quiet for so many milliseconds. */
const QUIET = 60;
const WAITING = "The service can’t take your feedback right now. This tab keeps it and will send it again.";
const STORE_AWAY =
  "The service can’t reach its store. Lists still come, and what you say now counts; " +
  "what you said before will count again once the store is back.";
const WIDE = "(min-width: 60rem)";

/** Whether the service could not look into what it knows of this listener. */
let storeAway = false;
const desk = openDesk();
const list = new TrackList(
  actionsOn(desk, () => asking.listId),
  desk.mix,
);
const asking = new Asking(desk, list, start, ({ recommendations, degraded = [], model_version: version }) => {
  storeAway = degraded.includes("store");
  tellWhereabouts();
  const empty = recommendations.length === 0;
  byId("list-end").hidden = empty;
  /** @type {HTMLButtonElement} */ (byId("take-first")).disabled = empty;
  byId("model-line").textContent = `Model ${version.slice(0, 8)}`;
  suggestGenres(recommendations.flatMap((entry) => entry.track.genres));
});

/** Fill the page; what fails here is shown once, and tried again when there is hope. */
async function start() {
  desk.feedback.outbox.flush();
  try {
    if (isReturning()) await recognise();
    const shared = await openShared(desk);
    const [tastes] = await Promise.all([findTastes(), shared || asking.refresh()]);
    offerTastes(desk.mix, tastes);
    suggestGenres(tastes.flatMap((taste) => taste.tracks).flatMap((track) => track.genres));
  } catch (error) {
    byId("tastes").hidden = byId("taste-list").childElementCount === 0;
    asking.report(error);
  }
}

/** Ask what the service knows of this browser; a page without that still works. */
async function recognise() {
  try {
    const known = await beginSession();
    desk.feedback.learn(known);
    desk.source.learn(known);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** @param {"jspf" | "csv"} format */
async function downloadPlaylist(format) {
  const { name, tracks } = desk.playlist;
  await telling(async () =>
    download(await call("playlist", { name, track_ids: tracks.map((track) => track.track_id), format })),
  );
}

async function savePlaylist() {
  const { saveToSpotify } = await import("./spotify_save.js");
  await telling(() => saveToSpotify(desk.playlist, downloadPlaylist));
}

/** Do something, and say so if it fails. @param {() => Promise<void>} action */
async function telling(action) {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    showToast(`${sentence(error.message)} ${sentence(error.remedy)}`);
  }
}

/** From a log-in at Spotify the browser comes back with one word about how it went. */
function welcomeBack() {
  const how = new URLSearchParams(location.search).get("spotify");
  if (!how) return;
  history.replaceState(null, "", location.pathname + location.hash);
  if (how === "connected") savePlaylist();
  else if (how === "refused") showToast("Spotify is not connected: access was not granted.");
  else showToast("Logging in to Spotify did not work. Your playlist is still here.");
}

/** Keep the undo button in step with what can be undone. */
function offerUndo() {
  const { acts } = desk.feedback;
  byId("undo").hidden = acts.length === 0;
}

/** Say what of a person's words the service could not take, or not look up. */
function tellWhereabouts() {
  const { whereabouts } = desk.feedback.outbox;
  if (whereabouts === "waiting") showBanner(WAITING);
  else if (whereabouts === "spool" || storeAway) showBanner(STORE_AWAY);
  else showBanner("");
}

byId("undo").addEventListener("click", () => {
  const last = desk.feedback.acts[desk.feedback.acts.length - 1];
  if (last) takeBack(desk, last);
  if (byId("undo").hidden) byId("list-title").focus({ preventScroll: true });
});
desk.feedback.addEventListener("change", offerUndo);
desk.feedback.outbox.addEventListener("change", tellWhereabouts);
desk.feedback.outbox.addEventListener("refused", (event) => {
  const problem = /** @type {CustomEvent<Problem>} */ (event).detail;
  showToast(`The service could not save that: ${problem.message}.`);
});
desk.playlist.addEventListener("change", () => list.updateTaken());
if (matchMedia(WIDE).matches) byId("dials").setAttribute("open", "");
showChips(desk, (act) => takeBack(desk, act));
showDials(desk.dials);
showFilters(desk.filters, desk.feedback);
showTold(desk.feedback);
offerSource(desk.source, desk.mix);
offerSharing(desk);
enableKeys();
showPlaylist(desk.playlist, { tracks: () => list.tracks, download: downloadPlaylist, save: savePlaylist });
enableSearch(desk.mix, (error) => asking.report(error));
onChange(
  desk,
  debounced(QUIET, () => asking.refresh()),
);
onEndElsewhere(() => {
  desk.feedback.clear();
  desk.source.learn(desk.feedback.known);
  asking.refresh();
});
offerUndo();
welcomeBack();
route({
  "view-listening": async (view) => (await import("./listening/view.js")).enter(view, desk),
  "view-model": async (view) => (await import("./model/view.js")).enter(view),
});
addEventListener("hashchange", () => openShared(desk).catch((error) => asking.report(error)));
start();
