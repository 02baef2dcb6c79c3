/**
 * The errors with which a request can fail between a client and the server.
 *
 * @import { Problem } from "../api.ts"
 */

/** The server answered with an error. */
export class RequestFailed extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail || problem.title);
    this.name = "RequestFailed";
    this.problem = problem;
  }
}

/** No server answered, or it stopped in the middle. */
export class NotReached extends Error {
  /**
   * @param {string} server
   * @param {unknown} cause
   */
  constructor(server, cause) {
    super(`Cannot reach ${server}: ${describeCause(cause)}`, { cause });
    this.name = "NotReached";
  }
}

/**
 * Reads the problem document of an error response, or makes one from the status if the body is none.
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
export async function readProblem(response) {
  const text = await response.text();
  const title = response.statusText || `HTTP ${response.status}`;
  const plain = { type: "about:blank", title, status: response.status, code: "http-error", detail: text.slice(0, 500) || title };
  if (!/[/+]json/.test(response.headers.get("content-type") ?? "")) return plain;
  try {
    const body = JSON.parse(text);
    return typeof body?.title === "string" ? { ...plain, ...body, detail: body.detail ?? body.title } : plain;
  } catch (cause) {
    return { ...plain, detail: `the answer is not JSON, though it says so: ${describeCause(cause)}` };
  }
}

/**
 * The reason why `fetch` failed. It is in the cause of the error or, if several addresses refused, in the cause of that.
 * @param {unknown} error
 * @returns {string}
 */
function describeCause(error) {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return describeCause(error.errors[0]);
  return error.cause instanceof Error ? describeCause(error.cause) : error.message || error.name;
}
