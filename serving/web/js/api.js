// The calls to the service, and the three ways in which one can fail.

/**
 * @typedef {{track_id: string, title: string, artists: string[], album: string | null, year: number | null,
 *   duration_ms: number | null, genres: string[]}} Track
 * @typedef {{track: Track, share: number}} Because
 * @typedef {{rank: number, score: number, track: Track, because: Because[]}} Recommended
 */

export class Problem extends Error {
  /**
   * @param {"offline" | "no-model" | "failed"} kind
   * @param {string} what
   * @param {string} remedy
   * @param {string} [requestId] by which the service's log names the call
   */
  constructor(kind, what, remedy, requestId = "") {
    super(what);
    this.kind = kind;
    this.remedy = remedy;
    this.requestId = requestId;
  }
}

/** Whether an error only says that a newer question made this one moot. @param {unknown} error */
export const isAborted = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * Call the service.
 * @param {string} name the call's name under /v1
 * @param {object} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 * @throws {Problem}
 */
export async function call(name, body = {}, signal = undefined) {
  const response = await reach(`v1/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (response.ok) return response.json();
  throw await problemOf(response);
}

/** Ask whether the service has a model; asking makes it look for one again. @throws {Problem} */
export async function ready() {
  const response = await reach("readyz", { cache: "no-store" });
  if (!response.ok) throw await problemOf(response);
}

/** @param {string} address @param {RequestInit} request */
async function reach(address, request) {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new Problem("offline", "The service does not answer", "It may have been stopped. This page waits for it.");
  }
}

/** @param {Response} response */
async function problemOf(response) {
  const kind = response.status === 503 ? "no-model" : "failed";
  try {
    const { error, request_id: requestId } = await response.json();
    return new Problem(kind, error.what, error.remedy, requestId);
  } catch {
    return new Problem(kind, `The service answered ${response.status}`, "Look into its log.");
  }
}
