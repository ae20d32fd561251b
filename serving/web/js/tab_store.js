// What lasts as long as the tab. A browser that keeps nothing is no error.

/** @param {string} name @param {unknown} value */
export function keep(name, value) {
  try {
    sessionStorage.setItem(`crossfade.${name}`, JSON.stringify(value));
  } catch {
    // It lasts until the page is left.
  }
}

/** @param {string} name @returns {any} null where there is nothing that can be read */
export function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(`crossfade.${name}`) ?? "null");
  } catch {
    return null;
  }
}

/** Tracks that were kept; whatever does not look like one is left out. @param {string} name @returns {any[]} */
export function keptTracks(name) {
  const found = kept(name);
  return Array.isArray(found) ? found.filter((track) => track?.track_id && Array.isArray(track.artists)) : [];
}
