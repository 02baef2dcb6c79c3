/**
 * The executor of a process whose compute function is at a URL. It distinguishes a failure of the host from a failure of one request:
 *
 *   silent, refusing, redirecting, overloaded   it takes no requests: `run` rejects, nothing counts against the subtasks, and `ready` waits until it does
 *   any other answer but outcomes               an error of each pair of the request, not for good
 *
 * A host takes requests if it answers an empty one as the function would. So an empty request is sent before the first request, after each refusal, and
 * while a request takes long.
 */
import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import { type Backoff, retry } from "../../base/retry.ts";
import type { Problem } from "../../functions/api.ts";
import { decodeOutcomes } from "../../functions/compute/encode-outcomes.ts";
import type { Executor, Outcome } from "../../functions/compute/executor.ts";
import { whenAllAbort } from "./abort.ts";
import { HostUnavailableError } from "./fetch-within.ts";

export type Fetch = (request: Request) => Response | Promise<Response>;

export interface RemoteExecutor extends Executor {
  /** Why the host takes no requests; empty if it does. */
  notReady(): readonly string[];
}

export interface RemoteOptions {
  /** The URL of the function's host; `/compute` is appended. */
  readonly url: string;
  /** The secret that the host requires. */
  readonly secret?: string | undefined;
  readonly fetch: Fetch;
  /** The `fetch` for empty requests, with a shorter timeout. */
  readonly fetchSoon: Fetch;
  readonly log: Log;
  readonly backoff?: Backoff;
  /** The milliseconds between empty requests while another request is under way. */
  readonly betweenProbes?: number;
}

const encoder = new TextEncoder();
/** The statuses of hosts that take no requests: no such path, no permission, the wrong host, too much load, or nothing behind the proxy. */
const refusals = new Set([401, 403, 404, 405, 421, 429, 502, 503, 504]);

/** All subtasks count as running at once, since this process does not know when columns are loaded. */
export function createRemoteExecutor(options: RemoteOptions): RemoteExecutor {
  const { url, secret, log, backoff, betweenProbes = 15_000 } = options;
  const endpoint = `${url.replace(/\/+$/, "")}/compute`;
  let reason: string | undefined = "it was not asked yet";
  let opening: Promise<void> | undefined;

  /** Sends a request. Rejects with `HostUnavailableError` if the answer is about the host and not about the request. */
  async function post(fetch: Fetch, body: unknown, signal: AbortSignal): Promise<Response> {
    const headers = { "content-type": "application/json", ...(secret !== undefined && { authorization: `Bearer ${secret}` }) };
    const request = new Request(endpoint, {
      method: "POST",
      headers,
      body: encoder.encode(JSON.stringify(body)),
      signal,
      redirect: "manual",
    });
    const response = await fetch(request);
    const { status } = response;
    if (refusals.has(status) || (status >= 300 && status < 400))
      throw new HostUnavailableError(`The compute function at ${new URL(url).host} takes no requests: ${await describeProblem(response)}`);
    return response;
  }

  async function probe(signal: AbortSignal): Promise<void> {
    try {
      await post(options.fetchSoon, {}, signal);
      if (reason !== undefined) log.info({}, `the compute function at ${new URL(url).host} takes requests`);
      reason = undefined;
    } catch (error) {
      signal.throwIfAborted();
      throw refuse(error);
    }
  }

  function refuse(error: unknown): HostUnavailableError {
    const message = messageOf(error);
    if (message !== reason) log.warn({ reason: message }, "nothing is claimed until the compute function takes requests again");
    reason = message;
    return error instanceof HostUnavailableError ? error : new HostUnavailableError(message, { cause: error });
  }

  /** Aborts `lost` if the host falls silent before `answered` aborts. */
  async function watch(answered: AbortSignal, lost: AbortController): Promise<void> {
    for (await pause(betweenProbes, answered); !answered.aborted; await pause(betweenProbes, answered)) {
      try {
        await probe(answered);
      } catch (error) {
        if (!answered.aborted) lost.abort(error);
        return;
      }
    }
  }

  return {
    notReady: () => (reason === undefined ? [] : [`nothing can be computed: ${reason}`]),

    async ready(signal) {
      if (reason === undefined) return;
      opening ??= retry(() => probe(signal), { signal, ...(backoff && { backoff }) }).finally(() => {
        opening = undefined;
      });
      await opening;
    },

    async run(request, { signalOf, onRunning }) {
      const { programs, partitions } = request;
      const signals = partitions.flatMap(({ fingerprint }) => programs.map((program) => signalOf(program, fingerprint)));
      const wanted = whenAllAbort(signals);
      const forAll = (outcome: Outcome) => signals.map(() => outcome);
      const answered = new AbortController();
      const lost = new AbortController();
      void watch(answered.signal, lost);
      try {
        for (const { fingerprint } of partitions) onRunning?.(programs, fingerprint);
        const response = await post(options.fetch, request, AbortSignal.any([wanted.signal, lost.signal]));
        if (response.ok) return await decodeOutcomes(new Uint8Array(await response.arrayBuffer()), signals.length);
        const cause = await describeProblem(response);
        return wanted.signal.aborted ? forAll(undone(wanted.signal)) : forAll({ kind: "failed", cause, permanent: false });
      } catch (error) {
        if (wanted.signal.aborted) return forAll(undone(wanted.signal));
        if (lost.signal.aborted) throw lost.signal.reason;
        if (error instanceof HostUnavailableError) throw refuse(error);
        return forAll({ kind: "failed", cause: messageOf(error), permanent: false });
      } finally {
        answered.abort();
        wanted.release();
      }
    },
  };
}

const undone = ({ reason }: AbortSignal): Outcome => ({ kind: "undone", cause: String(reason) });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function describeProblem(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const problem: Partial<Problem> = JSON.parse(text);
    return problem.detail ?? problem.title ?? `the compute function answered ${response.status}`;
  } catch {
    // The answer is no problem document; it may come from a proxy.
    return `the compute function answered ${response.status}: ${text.slice(0, 200)}`;
  }
}
