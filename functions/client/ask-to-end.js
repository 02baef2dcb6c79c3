/**
 * Asks a query and follows it to its end; over a dataset that is still being made, it is asked again until the dataset is complete.
 *
 * Guarantee: when the signal aborts, the interest in the query is withdrawn before the signal's reason is thrown, even if the server has not answered
 * yet. As only its answer names the query, the request goes on until then, at most for `withdrawalPatience`. If withdrawing fails, only `onTrouble`
 * is told.
 *
 * @import { Status } from "../api.ts"
 * @import { ApiClient } from "./api-client.js"
 */
import { pause } from "./pause.js";

/**
 * @typedef {object} AskOptions
 * @property {ApiClient} api
 * @property {(signal: AbortSignal) => Promise<Status>} ask sends the query; it must answer soon, without waiting for the query's end
 * @property {(status: Status) => void} onStatus told every status, with `submission` and `preparing` as the last answer to `ask` had them
 * @property {(connected: boolean) => void} [onConnection]
 * @property {(error: unknown) => void} [onTrouble]
 * @property {AbortSignal} signal
 * @property {number} [patience] milliseconds without a connection before `NotReached`
 * @property {number} [growthInterval] milliseconds between looks at a dataset that grows
 * @property {number} [withdrawalPatience] milliseconds
 */

/**
 * @param {AskOptions} options
 * @returns {Promise<Status>} the last status
 */
export async function askToEnd({ api, ask, onStatus, onConnection, onTrouble, signal, ...times }) {
  const { patience = 60_000, growthInterval = 1000, withdrawalPatience = 5000 } = times;
  /** @type {Promise<Status> | undefined} */
  let asked;
  const request = new AbortController();
  try {
    for (;;) {
      signal.throwIfAborted();
      asked = ask(request.signal);
      const first = await orAborted(asked, signal);
      const last = await follow(first);
      if (last.state !== "done" || !last.preparing) return last;
      await grown(last);
    }
  } catch (error) {
    if (signal.aborted) await withdraw().catch(onTrouble);
    throw error;
  }

  /** @param {Status} first */
  async function follow(first) {
    onStatus(first);
    let last = first;
    if (first.state !== "waiting" && first.state !== "running") return last;
    // Only the answer to the request tells these two, so they are kept.
    const { submission, preparing } = first;
    for await (const status of api.follow(first.id, { signal, patience, ...(onConnection && { onConnection }) })) {
      signal.throwIfAborted();
      last = { ...status, ...(submission && { submission }), ...(preparing && { preparing }) };
      onStatus(last);
    }
    return last;
  }

  /** @param {Status} status */
  async function grown({ dataset, preparing }) {
    for (;;) {
      await pause(growthInterval, signal);
      const now = await api.dataset(dataset, signal);
      if (!now.preparing || now.preparing.entries > (preparing?.entries ?? 0)) return;
    }
  }

  async function withdraw() {
    const timer = setTimeout(() => request.abort(new Error("The server has not answered")), withdrawalPatience);
    try {
      const answered = await asked?.catch(() => undefined);
      if (answered) await api.cancel(answered.id, AbortSignal.timeout(withdrawalPatience));
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>} rejects with the signal's reason when that aborts first
 */
async function orAborted(promise, signal) {
  const ended = new AbortController();
  try {
    const aborted = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { signal: ended.signal }));
    return /** @type {T} */ (await Promise.race([promise, aborted]));
  } finally {
    ended.abort();
  }
}
