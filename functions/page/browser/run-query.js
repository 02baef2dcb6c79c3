/**
 * One query at a time, from the POST to its end:
 *
 *   idle → sending → running → ended        (done, failed or cancelled, as its status says)
 *                  ↘ refused                (a problem document)
 *          sending, running ↘ lost          (no server)
 *
 * Guarantees: starting another query, or cancelling, ends the interest in the one before, even if its POST is still on its way. If a dataset still grows
 * when its query is done, the query is asked again when there is more data, until the dataset is complete.
 *
 * @import { Problem, Status } from "../../api.ts"
 * @import { ApiClient } from "../../client/api-client.js"
 */

import { askToEnd } from "../../client/ask-to-end.js";
import { RequestFailed } from "../../client/request-errors.js";

/**
 * @typedef {object} Run
 * @property {"idle" | "sending" | "running" | "ended" | "refused" | "lost"} phase
 * @property {Status} [status] the newest
 * @property {Status} [shown] the newest whose histograms have as much in them as any before
 * @property {Status["submission"] | undefined} [submission]
 * @property {Problem} [problem]
 * @property {string} [trouble] why no server was reached
 * @property {boolean} connected
 * @property {number} started milliseconds, as performance.now()
 * @property {number} finished
 * @property {number} storedEvents events that the store answered for at once
 */

const unfinished = new Set(["waiting", "running"]);

/**
 * @param {{ readonly api: ApiClient, readonly onChange: (run: Run) => void, readonly patience?: number, readonly growthInterval?: number }} options
 * `growthInterval`: milliseconds between looks at a growing dataset
 */
export function createRunner({ api, onChange, patience = 120_000, growthInterval = 1000 }) {
  /** @type {Run} */
  let run = { phase: "idle", connected: true, started: 0, finished: 0, storedEvents: 0 };
  let current = new AbortController();
  /** Resolves when the newest query has ended, or the interest in it has. */
  let asking = Promise.resolve();

  /** @param {Partial<Run>} change */
  function update(change) {
    run = { ...run, ...change };
    onChange(run);
  }

  /** @param {Status} status */
  function show(status) {
    const behind = run.shown !== undefined && unfinished.has(status.state) && status.events.done < run.shown.events.done;
    const ended = !unfinished.has(status.state);
    update({
      phase: ended ? "ended" : "running",
      status,
      submission: status.submission,
      connected: true,
      ...(run.status ? {} : { storedEvents: status.events.done }),
      ...(behind ? {} : { shown: status }),
      ...(ended ? { finished: performance.now() } : {}),
    });
  }

  /**
   * @param {string} text
   * @param {AbortSignal} signal
   */
  async function ask(text, signal) {
    try {
      await askToEnd({
        api,
        ask: (request) => api.submit(text, request),
        onStatus: show,
        onConnection: (connected) => connected !== run.connected && update({ connected }),
        onTrouble(error) {
          if (signal === current.signal) update({ trouble: `The server could not be told: ${messageOf(error)}` });
          else console.info("the query before may go on:", error);
        },
        signal,
        patience,
        growthInterval,
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RequestFailed) update({ phase: "refused", problem: error.problem });
      else update({ phase: "lost", trouble: messageOf(error) });
    }
  }

  return {
    /** @param {string} text */
    start(text) {
      current.abort();
      current = new AbortController();
      const { signal } = current;
      const started = performance.now();
      run = { phase: "sending", connected: true, started, finished: started, storedEvents: 0 };
      onChange(run);
      asking = asking.then(() => ask(text, signal));
      return asking;
    },
    /**
     * Computes failed partitions once more.
     * @param {string} text of the query that ran
     */
    async retry(text) {
      const { status } = run;
      if (!status) return;
      await api.request(`/queries/${encodeURIComponent(status.id)}/retry`, { method: "POST" });
      await this.start(text);
    },
    /** Resolves when the server has been told. */
    cancel() {
      const { status, phase } = run;
      if (phase !== "running" && phase !== "sending") return asking;
      current.abort();
      if (status) show({ ...status, state: "cancelled" });
      else update({ phase: "idle" });
      return asking;
    },
    get run() {
      return run;
    },
  };
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
