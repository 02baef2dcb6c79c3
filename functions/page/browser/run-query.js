/**
 * One query at a time, from the POST to its end:
 *
 *   idle → sending → running → ended        (done, failed or cancelled, as its status says)
 *                  ↘ refused                (a problem document)
 *          sending, running ↘ lost          (no server)
 *
 * Guarantees: starting another query, or cancelling, ends the interest in the one before. A query that is done over a dataset
 * that still grows is asked again when there is more, until the dataset is complete.
 *
 * @import { Problem, Status } from "../../api.ts"
 * @import { ApiClient } from "../../client/api-client.js"
 */

import { pause } from "../../client/follow-query.js";
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
      connected: true,
      ...(behind ? {} : { shown: status }),
      ...(ended ? { finished: performance.now() } : {}),
    });
  }

  /**
   * @param {string} text
   * @param {AbortSignal} signal
   */
  async function ask(text, signal) {
    const first = await api.submit(text, signal);
    update({ submission: first.submission, ...(run.status ? {} : { storedEvents: first.events.done }) });
    show(first);
    if (!unfinished.has(first.state)) return first;
    let last = first;
    // Only the answer to the POST tells whether the dataset is complete, so it is kept.
    const growth = first.preparing ? { preparing: first.preparing } : {};
    for await (const status of api.follow(first.id, {
      signal,
      patience,
      onConnection: (connected) => connected !== run.connected && update({ connected }),
    })) {
      last = { ...status, ...growth };
      show(last);
    }
    return last;
  }

  /**
   * @param {Status} status
   * @param {AbortSignal} signal
   */
  async function grown({ dataset, preparing }, signal) {
    for (;;) {
      await pause(growthInterval, signal);
      const now = await api.dataset(dataset, signal);
      if (!now.preparing || now.preparing.entries > (preparing?.entries ?? 0)) return;
    }
  }

  /**
   * @param {string} text
   * @param {AbortSignal} signal
   */
  async function askUntilComplete(text, signal) {
    try {
      let status = await ask(text, signal);
      while (status.state === "done" && status.preparing) {
        await grown(status, signal);
        status = await ask(text, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RequestFailed) update({ phase: "refused", problem: error.problem });
      else update({ phase: "lost", trouble: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Ends the interest in the query that runs. */
  async function drop() {
    current.abort();
    if (run.phase === "running" && run.status) await api.cancel(run.status.id, AbortSignal.timeout(5000));
  }

  return {
    /** @param {string} text */
    async start(text) {
      const dropped = drop();
      current = new AbortController();
      const { signal } = current;
      const started = performance.now();
      run = { phase: "sending", connected: true, started, finished: started, storedEvents: 0 };
      onChange(run);
      await dropped.catch((error) => console.info("the query before may go on:", error));
      await askUntilComplete(text, signal);
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
    async cancel() {
      const { status, phase } = run;
      if (phase !== "running" && phase !== "sending") return;
      try {
        await drop();
      } catch (error) {
        update({ trouble: `The server could not be told: ${error instanceof Error ? error.message : String(error)}` });
      }
      if (status) show({ ...status, state: "cancelled" });
      else update({ phase: "idle" });
    },
    get run() {
      return run;
    },
  };
}
