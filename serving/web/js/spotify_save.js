// Saving the playlist to a person's own Spotify: first what would be saved, then, after a yes, the saving.

import { call } from "./api.js";
import { closeDialog, showDialog } from "./dialog.js";
import { element } from "./dom.js";
import { asListener } from "./session.js";
import { counted, fullName, listed, sentence } from "./words.js";

/** @typedef {import("./playlist.js").Playlist} Playlist */

const ASKED =
  "Crossfade asks for one permission only: to make private playlists in your account. You log in at Spotify, and can " +
  "take it back there or by deleting your data here.";

/**
 * @param {Playlist} playlist
 * @param {(format: "jspf" | "csv") => Promise<void>} download what else can be done with it
 * @throws {import("./api.js").Problem}
 */
export async function saveToSpotify(playlist, download) {
  const asked = { name: playlist.name, track_ids: playlist.tracks.map((track) => track.track_id) };
  const preview = await asListener(() => call("playlist/spotify", { ...asked, confirm: false })).catch((error) => {
    if (error.kind !== "unsupported") throw error;
    notHere(error, download);
  });
  if (!preview) return;
  if (!preview.logged_in) {
    connect(preview.login);
    return;
  }
  const going = playlist.tracks.filter((track) => preview.tracks.includes(track.track_id));
  showPreview(playlist, going, async () => {
    const { saved } = await asListener(() => call("playlist/spotify", { ...asked, confirm: true }));
    const said = saved.new ? "" : "It was there already, so it was not made again.";
    showDialog(
      "It is in your Spotify",
      [said, element("p", {}, link(saved.address, `Open “${playlist.name}” in Spotify`))],
      [],
      "Close",
    );
  });
}

/**
 * Nobody has set this up here; the way on is a file.
 * @param {import("./api.js").Problem} problem
 * @param {(format: "jspf" | "csv") => Promise<void>} download
 */
function notHere(problem, download) {
  const take = (/** @type {"jspf" | "csv"} */ format) => () => (closeDialog(), download(format));
  showDialog(
    "Spotify is not set up here",
    [sentence(problem.message), sentence(problem.remedy)],
    [
      { label: "Download CSV", act: take("csv") },
      { label: "Download JSPF", act: take("jspf") },
    ],
    "Close",
  );
}

/** There is no connection yet: say what it is for, and where it is made. @param {string} login where */
function connect(login) {
  showDialog(
    "Connect your Spotify first",
    [ASKED],
    [{ label: "Log in at Spotify", act: () => location.assign(login) }],
    "Not now",
  );
}

/** @param {Playlist} playlist @param {import("./api.js").Track[]} going @param {() => Promise<void>} save */
function showPreview(playlist, going, save) {
  const left = playlist.tracks.filter((track) => !going.includes(track)).map((track) => track.title);
  showDialog(
    `Save “${playlist.name}”?`,
    [
      `A private playlist with ${counted(going.length, "track", "tracks")} is made in your Spotify.`,
      element(
        "ol",
        { tabindex: "0", "aria-label": "What is saved" },
        ...going.map((track) => element("li", {}, fullName(track))),
      ),
      left.length ? `${listed(left)} will not be saved: no Spotify id is known.` : null,
    ],
    going.length ? [{ label: "Save it", act: save }] : [],
  );
}

/** @param {string} address @param {string} text */
const link = (address, text) => element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
