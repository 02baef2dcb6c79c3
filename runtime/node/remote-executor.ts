/** The executor of a process whose compute function is at a URL. */
import type { Problem } from "../../functions/api.ts";
import { decodeOutcomes } from "../../functions/compute/encode-outcomes.ts";
import type { Executor, Outcome } from "../../functions/compute/executor.ts";
import { whenAllAbort } from "./abort.ts";
import { HostUnreachableError } from "./fetch-within.ts";

export type Fetch = (request: Request) => Response | Promise<Response>;

const encoder = new TextEncoder();

/**
 * `url`: of the function's host; its path is `/compute` below that. A request that fails as a whole fails each of its pairs, not for good. Rejects with
 * `HostUnreachableError` where the host cannot have taken the request. When columns are loaded is not known here, so all counts as running at once.
 */
export function createRemoteExecutor(url: string, fetch: Fetch): Executor {
  const endpoint = `${url.replace(/\/+$/, "")}/compute`;
  return {
    async run(request, { signalOf, onRunning }) {
      const { programs, partitions } = request;
      const signals = partitions.flatMap(({ fingerprint }) => programs.map((program) => signalOf(program, fingerprint)));
      const wanted = whenAllAbort(signals);
      const forAll = (outcome: Outcome) => signals.map(() => outcome);
      try {
        for (const { fingerprint } of partitions) onRunning?.(programs, fingerprint);
        const body = encoder.encode(JSON.stringify(request));
        const headers = { "content-type": "application/json" };
        const response = await fetch(new Request(endpoint, { method: "POST", headers, body, signal: wanted.signal }));
        if (response.ok) return await decodeOutcomes(new Uint8Array(await response.arrayBuffer()), signals.length);
        const cause = await describeProblem(response);
        return wanted.signal.aborted ? forAll(undone(wanted.signal)) : forAll({ kind: "failed", cause, permanent: false });
      } catch (error) {
        if (wanted.signal.aborted) return forAll(undone(wanted.signal));
        if (error instanceof HostUnreachableError) throw error;
        return forAll({ kind: "failed", cause: error instanceof Error ? error.message : String(error), permanent: false });
      } finally {
        wanted.release();
      }
    },
  };
}

const undone = ({ reason }: AbortSignal): Outcome => ({ kind: "undone", cause: String(reason) });

async function describeProblem(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const problem: Partial<Problem> = JSON.parse(text);
    return problem.detail ?? problem.title ?? `the compute function answered ${response.status}`;
  } catch {
    // Not a problem document: a proxy's answer, say.
    return `the compute function answered ${response.status}: ${text.slice(0, 200)}`;
  }
}
