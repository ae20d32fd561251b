// Building blocks of the page. Text only ever enters as text, never as markup.

/** The element with this id. @param {string} id @returns {HTMLElement} */
export const byId = (id) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
};

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] "on..." are listeners, booleans set or leave out, the rest are attributes
 * @param {...(Node | string | null)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null && child !== "") made.append(child);
  return made;
}

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
