// What changed in the list: where each track stood before, and how it gets to its new place.

const MILLISECONDS = 380;
const EASING = "cubic-bezier(0.2, 0.8, 0.2, 1)";
/** Below this share of tracks that stayed, it is another list, and saying of each row that it is new says nothing. */
const SAME_LIST = 0.25;

/**
 * How each track moved: places up (positive) or down, or null where it is new. Empty where there is nothing to compare.
 * @param {string[]} before @param {string[]} after ids in order
 * @returns {Map<string, number | null>}
 */
export function moves(before, after) {
  const was = new Map(before.map((id, place) => [id, place]));
  const stayed = after.filter((id) => was.has(id)).length;
  if (!before.length || stayed < SAME_LIST * after.length) return new Map();
  return new Map(after.map((id, place) => [id, was.has(id) ? Number(was.get(id)) - place : null]));
}

/**
 * Change a list and let its rows glide from where they were.
 * @param {HTMLElement} list
 * @param {() => void} change
 */
export function glide(list, change) {
  const before = new Map([...list.children].map((row) => [row, row.getBoundingClientRect().top]));
  change();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || !before.size) return;
  for (const row of list.children) {
    const from = before.get(row);
    const by = from === undefined ? null : from - row.getBoundingClientRect().top;
    if (by === null) row.animate([{ opacity: 0 }, { opacity: 1 }], { duration: MILLISECONDS, easing: EASING });
    else if (by) row.animate([{ transform: `translateY(${by}px)` }, {}], { duration: MILLISECONDS, easing: EASING });
  }
}
