// Building blocks of the page. Text only ever enters as text, never as markup.

/** The element with this id. @param {string} id @returns {HTMLElement} */
export const byId = (id) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
};

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes] "on..." are listeners, booleans set or leave out, the rest are attributes
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * Make an element of a drawing.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null)} children
 */
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/**
 * @template {Element} Made
 * @param {Made} made
 * @param {Record<string, any>} attributes
 * @param {(Node | string | null)[]} children
 */
function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null && child !== "") made.append(child);
  return made;
}

/** The strokes of each icon, on a field of 24 by 24. @type {Record<string, string>} */
const ICONS = {
  add: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  heart:
    "M12 20s-7.500-4.600-7.500-10.200A4.300 4.300 0 0 1 12 7a4.300 4.300 0 0 1 7.500 2.800C19.500 15.400 12 20 12 20z",
  less: "M5 12h14",
  more: "M4.500 12h1M11.500 12h1M18.500 12h1",
  play: "M8 5l11 7-11 7z",
  skip: "M5 6l9 6-9 6zM18 6v12",
  tick: "M5 12.500l4.500 4.500L19 7.500",
  up: "M12 19V5M6 11l6-6 6 6",
};

/** An icon that means nothing to screen readers: its button has a name. @param {string} name */
export const icon = (name) =>
  drawn(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    drawn("path", { d: ICONS[name] }),
  );

/**
 * A round button with an icon.
 * @param {string} picture the icon
 * @param {string} name what screen readers say, and the tooltip
 * @param {() => void} onclick
 * @param {Record<string, any>} [attributes]
 */
export const iconButton = (picture, name, onclick, attributes = {}) =>
  element(
    "button",
    { type: "button", class: "round", "aria-label": name, title: name, onclick, ...attributes },
    icon(picture),
  );

/**
 * Draw the items of a list anew, a button in each; if one had the focus, what takes its place gets it.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} items
 * @param {HTMLElement | null} instead who gets it where none is left
 */
export function redraw(list, items, instead) {
  const place = [...list.children].findIndex((item) => item.contains(document.activeElement));
  list.replaceChildren(...items);
  if (place < 0) return;
  const buttons = list.querySelectorAll("button");
  (buttons[Math.min(place, buttons.length - 1)] ?? instead)?.focus();
}

/**
 * Close a button that has nothing to do, or open it; what is closed cannot hold the focus.
 * @param {HTMLButtonElement} button
 * @param {boolean} disabled
 * @param {HTMLElement | null} instead who gets it
 */
export function setDisabled(button, disabled, instead) {
  if (disabled && button === document.activeElement) instead?.focus();
  button.disabled = disabled;
}

/** The line by which a fold is opened. @param {string} id the fold @returns {HTMLElement | null} */
export const summaryOf = (id) => byId(id).querySelector("summary");

/** Say something to screen readers. @param {string} text */
export function announce(text) {
  byId("announcer").textContent = text;
}

/**
 * Call a function only once things have been quiet for a while.
 * @param {number} milliseconds
 * @param {(...args: any[]) => void} action
 */
export function debounced(milliseconds, action) {
  let timer = 0;
  return (/** @type {any[]} */ ...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), milliseconds);
  };
}
