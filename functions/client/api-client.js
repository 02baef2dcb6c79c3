/**
 * The HTTP interface as functions, for the page and the command line alike. Every function rejects with `RequestFailed` if the server
 * answered with an error, with `NotReached` if no server answered, and with the signal's reason when aborted.
 *
 * @import { NodesAnswer, Status } from "../api.ts"
 */

import { followQuery } from "./follow-query.js";
import { NotReached, RequestFailed, readProblem } from "./request-errors.js";

/**
 * @typedef {object} DatasetSummary
 * @property {string} name
 * @property {number} entries
 * @property {number} partitions
 * @property {number} bytes
 * @property {{ readonly entries: number, readonly total: number }} [preparing]
 * @property {readonly string[]} [notices] what its operators should know
 * @property {string} [error] why it cannot be used now
 *
 * @typedef {import("../../engine/program/schema.ts").Column} Column
 * @typedef {DatasetSummary & { readonly files: number, readonly columns: readonly Column[], readonly nullableLists?: readonly string[], readonly unsupported: readonly { readonly name: string, readonly reason: string }[], readonly broken: readonly { readonly file: string, readonly cause: string }[] }} DatasetDescription
 *
 * @typedef {import("../datasets/statistics.ts").ColumnStatistics} ColumnStatistics
 * @typedef {{ readonly total: number, readonly done: number }} Events
 * @typedef {{ readonly events: Events, readonly statistics: readonly ColumnStatistics[], readonly failures: readonly { readonly cause: string }[] }} StatisticsAnswer
 *
 * @typedef {object} ClientOptions
 * @property {string} server without a slash at its end
 * @property {string} client name under which interest in queries is kept
 * @property {string} [tab] tells the tabs of a browser apart: each of them gives up its own interest only
 * @property {typeof globalThis.fetch} [fetch]
 * @property {import("./follow-query.js").StreamTurn} [turn] when queries may be followed by a stream; always if absent
 *
 * @typedef {ReturnType<typeof createApiClient>} ApiClient
 */

/** @param {ClientOptions} options */
export function createApiClient({ server, client, tab, turn, fetch = globalThis.fetch.bind(globalThis) }) {
  const headers = { "femtoq-client": client, ...(tab !== undefined && { "femtoq-tab": tab }) };

  /**
   * @param {string} path
   * @param {RequestInit} init
   */
  async function send(path, init) {
    try {
      return await fetch(server + path, { ...init, headers: { ...headers, ...init.headers } });
    } catch (error) {
      init.signal?.throwIfAborted();
      throw new NotReached(server, error);
    }
  }
  /**
   * @param {string} path
   * @param {RequestInit} [init]
   */
  async function request(path, init = {}) {
    const response = await send(path, init);
    if (!response.ok) throw new RequestFailed(await readProblem(response));
    return response;
  }
  /** @type {(path: string, init?: RequestInit) => Promise<any>} */
  const json = async (path, init) => (await request(path, init)).json();
  /** @type {(body: string, signal: AbortSignal | undefined) => RequestInit} */
  const post = (body, signal) => ({ method: "POST", body, headers: { "content-type": "application/json" }, ...(signal ? { signal } : {}) });
  /** @type {(signal: AbortSignal, secret: string | undefined) => RequestInit} */
  const asOperator = (signal, secret) => ({
    method: "DELETE",
    signal,
    ...(secret ? { headers: { authorization: `Bearer ${secret}` } } : {}),
  });
  const query = (/** @type {string} */ id) => `/queries/${encodeURIComponent(id)}`;

  return {
    server,
    /** @returns {Promise<readonly DatasetSummary[]>} */
    datasets: async (/** @type {AbortSignal} */ signal) => (await json("/datasets", { signal })).datasets,
    /** @returns {Promise<DatasetDescription>} */
    dataset: (/** @type {string} */ name, /** @type {AbortSignal} */ signal) => json(`/datasets/${encodeURIComponent(name)}`, { signal }),
    /** @type {(dataset: string, column: string, signal: AbortSignal) => Promise<StatisticsAnswer & { readonly isEnded: boolean }>} `isEnded`: asked again, it is the same */
    columnStatistics: async (dataset, column, signal) => {
      const response = await request(`/datasets/${encodeURIComponent(dataset)}?${new URLSearchParams({ stats: column })}`, { signal });
      return { ...(await response.json()), isEnded: response.status === 200 };
    },
    /** Removes the name of a dataset that no running server was started with. */
    forgetDataset: (/** @type {string} */ name, /** @type {{ signal: AbortSignal, secret: string | undefined }} */ { signal, secret }) =>
      request(`/datasets/${encodeURIComponent(name)}`, asOperator(signal, secret)),
    /** @returns {Promise<NodesAnswer>} */
    nodes: (/** @type {AbortSignal} */ signal) => json("/nodes", { signal }),
    /** @returns {Promise<Status>} */
    submit: (/** @type {string} */ text, /** @type {AbortSignal} */ signal) => json("/queries", post(text, signal)),
    /** @returns {Promise<any>} */
    explain: (/** @type {string} */ text, /** @type {AbortSignal} */ signal) => json("/queries/explain", post(text, signal)),
    /** @returns {Promise<Status>} */
    status: (/** @type {string} */ id, /** @type {AbortSignal} */ signal) => json(query(id), { signal }),
    /**
     * Gives the reasons why the server should get no requests now; none when it is ready.
     * @returns {Promise<readonly string[]>}
     */
    readiness: async (/** @type {AbortSignal} */ signal) => {
      const response = await send("/readyz", { signal });
      if (!response.ok && response.status !== 503) throw new RequestFailed(await readProblem(response));
      return (await response.json()).reasons;
    },
    /** Ends the interest of this client, or this tab, in a query. */
    cancel: (/** @type {string} */ id, /** @type {AbortSignal} */ signal) => request(query(id), { method: "DELETE", signal }),
    /** Stops a query for all clients. `secret` is the coordinator's; it is needed if the server is on another machine. */
    stop: (/** @type {string} */ id, /** @type {{ signal: AbortSignal, secret: string | undefined }} */ { signal, secret }) =>
      request(`${query(id)}?force`, asOperator(signal, secret)),
    /**
     * Removes what is stored of a query; `secret` as above.
     * @returns {Promise<{ readonly removed: number, readonly kept: number }>}
     */
    purge: (/** @type {string} */ id, /** @type {{ signal: AbortSignal, secret: string | undefined }} */ { signal, secret }) =>
      json(`${query(id)}?purge`, asOperator(signal, secret)),
    /** @type {(id: string, options: Omit<import("./follow-query.js").FollowOptions, "fetch" | "headers" | "turn">) => AsyncGenerator<Status>} */
    follow: (id, options) => followQuery(`${server}${query(id)}`, { ...options, fetch, headers, ...(turn && { turn }) }),
    /** The path of a query's result in a format. */
    resultPath: (/** @type {string} */ id, /** @type {string} */ format, /** @type {string | undefined} */ histogram) =>
      `${query(id)}?${new URLSearchParams({ format, ...(histogram === undefined ? {} : { histogram }) })}`,
    request,
    json,
  };
}
