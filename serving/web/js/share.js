// A mix as a link: the picks and how the list is shaped, nothing about the person. It stands after the #, which no
// browser sends to anybody; who opens it asks for the same list.

import { call } from "./api.js";
import { AUDIO_DIALS, LIST_DIALS } from "./dials.js";
import { byId, element } from "./dom.js";
import { showDialog } from "./dialog.js";
import { showToast } from "./toast.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{track_id: string, weight: number}} SharedPick */
/** @typedef {{picks: SharedPick[], list: Record<string, number>, audio: Record<string, number>,
 *   filters: import("./filters.js").Choice}} Shared */

const PAGE = "mix?";
const MOST_PICKS = 50;
const MOST_GENRES = 10;
const LONGEST = { id: 200, genre: 60 };
const YEARS = [1900, 2100];
const EACH = [1, 5];

const HOLDS = "It holds your picks and how the list is shaped, and nothing else about you.";

/** What stands after the # for what is on the desk. @param {Desk} desk */
export function written({ mix, dials, filters }) {
  const said = new URLSearchParams();
  for (const { track, weight } of mix.seeds) said.append("pick", `${weight}*${track.track_id}`);
  for (const [name, value] of Object.entries({ ...dials.list, ...dials.audio }))
    if (value || name in dials.audio) said.set(name, String(value));
  const { clean, from, to, genres, perArtist } = filters.choice;
  if (clean) said.set("clean", "1");
  for (const [name, value] of Object.entries({ from, to, each: perArtist })) if (value) said.set(name, String(value));
  for (const genre of genres) said.append("genre", genre);
  return PAGE + said;
}

/** Read such a link; null where it is none. @param {string} hash @returns {Shared | null} */
export function read(hash) {
  if (!hash.startsWith(`#${PAGE}`)) return null;
  const said = new URLSearchParams(hash.slice(PAGE.length + 1));
  const whole = (/** @type {string} */ name, /** @type {number[]} */ [least, most]) => {
    const value = Number(said.get(name));
    return Number.isInteger(value) && value >= least && value <= most ? value : null;
  };
  const turned = (/** @type {import("./dials.js").Dial[]} */ dials) =>
    Object.fromEntries(dials.filter(({ name }) => said.has(name)).map(({ name }) => [name, Number(said.get(name))]));
  const picks = said.getAll("pick").flatMap((pick) => {
    const [, weight, id] = /^(\d)\*(.+)$/s.exec(pick) ?? [];
    return id && id.length <= LONGEST.id ? [{ track_id: id, weight: Number(weight) }] : [];
  });
  const genres = said.getAll("genre").filter((genre) => genre.length <= LONGEST.genre);
  if (!picks.length) return null;
  return {
    picks: picks.slice(0, MOST_PICKS),
    list: turned(LIST_DIALS),
    audio: turned(AUDIO_DIALS),
    filters: {
      clean: said.has("clean"),
      from: whole("from", YEARS),
      to: whole("to", YEARS),
      genres: genres.slice(0, MOST_GENRES),
      perArtist: whole("each", EACH),
    },
  };
}

/**
 * Lay what a link holds on the desk, with a way back to what lay there; that asks for another list.
 * @param {Desk} desk
 * @returns {Promise<boolean>} whether there was a link
 * @throws {import("./api.js").Problem}
 */
export async function openShared(desk) {
  const shared = read(location.hash);
  if (!shared) return false;
  const weights = new Map(shared.picks.map(({ track_id: id, weight }) => [id, weight]));
  const { tracks, unknown_tracks: unknown } = await call("tracks", { track_ids: [...weights.keys()] });
  history.replaceState(null, "", "#mix"); // a reload shows what became of it
  const before = written(desk) === PAGE && !desk.source.isListening ? null : laid(desk);
  desk.dials.set(shared.list, shared.audio);
  desk.filters.set(shared.filters);
  desk.source.choose(false);
  const picked = (/** @type {import("./api.js").Track} */ track) => ({ track, weight: weights.get(track.track_id) });
  desk.mix.lay(tracks.map(picked));
  const said = unknown.length ? " Not all of its picks are known to this model." : "";
  showToast(
    `This mix was shared with you.${said}`,
    before ? { label: "Back to mine", act: before } : undefined,
  );
  return true;
}

/** What lies on the desk, as a function that lays it there again. @param {Desk} desk */
function laid({ mix, dials, filters, source }) {
  const { isListening } = source;
  const { seeds } = mix;
  const { list, audio } = dials;
  const { choice } = filters;
  return () => {
    dials.set(list, audio);
    filters.set(choice);
    mix.lay(seeds);
    source.choose(isListening); // last, as picks that change are what the list starts from
  };
}

/** The button that makes a link, wherever the list starts from picks. @param {Desk} desk */
export function offerSharing(desk) {
  const button = byId("share");
  const draw = () => (button.hidden = !desk.mix.seeds.length || desk.source.isListening);
  button.addEventListener("click", async () => {
    const link = `${location.origin}${location.pathname}#${written(desk)}`;
    try {
      await navigator.clipboard.writeText(link);
      showToast(`The link is copied. ${HOLDS}`);
    } catch {
      showLink(link); // no clipboard here: not over https, or not allowed
    }
  });
  desk.mix.addEventListener("change", draw);
  desk.source.addEventListener("change", draw);
  desk.source.addEventListener("learnt", draw);
  draw();
}

/** @param {string} link */
function showLink(link) {
  const field = element("input", { class: "field", readonly: true, value: link, "aria-label": "The link" });
  showDialog("Share this mix", [HOLDS, field], [], "Close");
  field.select();
}
