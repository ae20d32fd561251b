// What this browser keeps: all of it as long as the tab; picks, playlist and an import on its way also for the next
// visit. A browser that keeps nothing is no error.

/** What the next visit finds again; a second tab begins with it and then goes its own way. */
const LASTING = new Set(["mix", "playlist", "playlist-name", "dials", "filters", "last-list", "import"]);

/** Whether this tab leaves anything for the next visit. */
let leaving = true;

/** @param {string} name @param {unknown} value */
export function keep(name, value) {
  const text = JSON.stringify(value);
  trying(() => sessionStorage.setItem(inStore(name), text));
  if (leaving && LASTING.has(name)) trying(() => localStorage.setItem(inStore(name), text));
}

/** @param {string} name @returns {any} null where there is nothing that can be read */
export function kept(name) {
  const here = trying(() => JSON.parse(sessionStorage.getItem(inStore(name)) ?? "null"));
  return here ?? (LASTING.has(name) ? fromBefore(name) : null);
}

/** What an earlier visit, or another tab, left. @param {string} name @returns {any} */
export const fromBefore = (name) => trying(() => JSON.parse(localStorage.getItem(inStore(name)) ?? "null"));

/** Leave nothing for the next visit; what this tab keeps ends with it. */
export function leaveNothing() {
  leaving = false;
  for (const name of LASTING) trying(() => localStorage.removeItem(inStore(name)));
}

/** Tracks that were kept; whatever does not look like one is left out. @param {string} name @returns {any[]} */
export function keptTracks(name) {
  const found = kept(name);
  return Array.isArray(found) ? found.filter((track) => track?.track_id && Array.isArray(track.artists)) : [];
}

/** @param {string} name */
const inStore = (name) => `crossfade.${name}`;

/** @template Value @param {() => Value} action @returns {Value | null} */
function trying(action) {
  try {
    return action();
  } catch {
    return null; // it lasts until the page is left
  }
}
