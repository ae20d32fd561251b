// The calls to the service, and the ways in which one can fail.

/**
 * @typedef {{track_id: string, title: string, artists: string[], album: string | null, year: number | null,
 *   duration_ms: number | null, genres: string[], explicit?: boolean | null, spotify_id?: string | null}} Track
 * @typedef {{track: Track, share: number}} Because
 * @typedef {{rank: number, score: number, track: Track, because: Because[]}} Recommended
 * @typedef {{model_version: string, request_id: string, basis: "history" | "popularity", recommendations: Recommended[],
 *   unknown_tracks: string[], degraded?: string[]}} Recommendations
 * @typedef {"offline" | "no-model" | "limited" | "refused" | "unsupported" | "failed"} Kind
 */

const TOO_MANY_REQUESTS = 429;
const WAIT_UNSAID = 10;

export class Problem extends Error {
  /**
   * @param {Kind} kind
   * @param {string} what
   * @param {string} remedy
   * @param {string} [requestId] by which the service's log names the call
   * @param {number} [wait] seconds after which the service answers again
   */
  constructor(kind, what, remedy, requestId = "", wait = 0) {
    super(what);
    this.kind = kind;
    this.remedy = remedy;
    this.requestId = requestId;
    this.wait = wait;
  }
}

/** The proof that a write comes from this page; the session sets it. */
let token = "";

/** @param {string} csrfToken */
export function proveWith(csrfToken) {
  token = csrfToken;
}

/** What a request says of itself besides its body. @returns {Record<string, string>} */
export const proof = () => (token ? { "X-CSRF-Token": token } : {});

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
    headers: { "Content-Type": "application/json", ...proof() },
    body: JSON.stringify(body),
    signal,
  });
  if (response.ok) return response.json();
  const waits = Number(response.headers.get("Retry-After"));
  throw problemOf(response.status, await response.text(), waits);
}

/** Ask whether the service has a model; asking makes it look for one again. @throws {Problem} */
export async function ready() {
  const response = await reach("readyz", { cache: "no-store" });
  if (!response.ok) throw problemOf(response.status, await response.text(), 0);
}

/** @param {string} address @param {RequestInit} request */
async function reach(address, request) {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw unreachable();
  }
}

export const unreachable = () =>
  new Problem("offline", "The service does not answer", "It may have been stopped. This page waits for it.");

/**
 * What an answer that is not a success says.
 * @param {number} status
 * @param {string} text its body
 * @param {number} wait
 */
export function problemOf(status, text, wait) {
  const kind = kindOf(status);
  try {
    const { error, request_id: requestId } = JSON.parse(text);
    return new Problem(kind, error.what, error.remedy, requestId, wait || WAIT_UNSAID);
  } catch {
    return new Problem(kind, `The service answered ${status}`, "Look into its log", "", wait || WAIT_UNSAID);
  }
}

/** @param {number} status @returns {Kind} */
function kindOf(status) {
  if (status === 503) return "no-model";
  if (status === 409) return "unsupported";
  if (status === TOO_MANY_REQUESTS) return "limited";
  return status === 401 || status === 403 ? "refused" : "failed";
}
