// Names that nobody else gives. Not crypto.randomUUID, which a page has over https and on its own machine only.

const BYTES = 16;

/** @returns {string} 32 hexadecimal digits */
export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
