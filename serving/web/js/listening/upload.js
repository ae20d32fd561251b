// A file on its way to the service. XMLHttpRequest, because fetch does not tell how much of a body has left.

import { Problem, problemOf, proof } from "../api.js";

/**
 * @param {File} file
 * @param {string} consent the version of the words that were agreed to
 * @param {(share: number) => void} progressed
 * @returns {Promise<{import_id: string}>}
 * @throws {import("../api.js").Problem}
 */
export function upload(file, consent, progressed) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `v1/import?consent=${encodeURIComponent(consent)}`);
    request.setRequestHeader("Content-Type", "application/zip");
    for (const [name, value] of Object.entries(proof())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progressed(event.total ? event.loaded / event.total : 0));
    request.addEventListener("error", () => reject(cutOff()));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(problemOf(request.status, request.responseText, Number(request.getResponseHeader("Retry-After"))));
    });
    request.send(file);
  });
}

const cutOff = () =>
  new Problem("offline", "The file did not get through", "Nothing of it was kept. Choose it again in a moment.");
