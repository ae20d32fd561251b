// A text of the service as a file on the person's disk.

import { element } from "./dom.js";

/** @param {{filename: string, media_type: string, content: string}} file */
export function download({ filename, media_type: type, content }) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  element("a", { href: address, download: filename }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
