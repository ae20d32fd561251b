// The words of a consent, a plain text with heads and dashes, as paragraphs and lists.

import { element } from "../dom.js";

/** @param {string} text as the service keeps it @returns {HTMLElement[]} */
export const paragraphs = (text) =>
  text
    .trim()
    .split(/\n\s*\n/)
    .flatMap(block);

/** A block: a head on its first line, then sentences and points. @param {string} text @returns {HTMLElement[]} */
function block(text) {
  const [head, ...rest] = text.split("\n");
  const title = element("h3", {}, head);
  if (/^=+$/.test(rest[0] ?? "")) return [title];
  if (!rest.length || head.startsWith("- ")) return flow([head, ...rest]);
  return [title, ...flow(rest)];
}

/** Lines that were broken to fit a page, whole again. @param {string[]} lines @returns {HTMLElement[]} */
function flow(lines) {
  /** @type {string[]} */
  const joined = [];
  for (const line of lines) {
    if (line.startsWith("- ") || !joined.length) joined.push(line.trim());
    else joined.push(`${joined.pop()} ${line.trim()}`);
  }
  const points = joined.filter((line) => line.startsWith("- "));
  const sentences = joined.filter((line) => !line.startsWith("- "));
  return [
    ...sentences.map((line) => element("p", {}, line)),
    ...(points.length ? [element("ul", {}, ...points.map((line) => element("li", {}, line.slice(2))))] : []),
  ];
}
