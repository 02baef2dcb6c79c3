/** The compute function as the pull loop calls it: a request, to this process or to another host. */
import { subtaskKey } from "../../base/subtask-key.ts";
import type { Problem } from "../../functions/api.ts";
import { readServerTiming } from "../../functions/compute/timing.ts";
import type { ComputeTask, Executor } from "../../functions/services.ts";
import type { Invoke } from "./pull-loop.ts";

export type Fetch = (request: Request) => Response | Promise<Response>;

const encoder = new TextEncoder();

/** In this process. */
export function createInvoke(fetch: Fetch, running: RunningNotices): Invoke {
  const invoke = createInvokeAt("http://localhost/compute", fetch);
  return async (task, { signal, onRunning }) => {
    const end = running.listen(task, onRunning);
    try {
      return await invoke(task, { signal, onRunning });
    } finally {
      end();
    }
  };
}

/** Where the function is asked for. A `422` cannot mend itself; anything else may be tried again. `onRunning` is not called: an answer says that only when all is over. */
export function createInvokeAt(url: string, fetch: Fetch): Invoke {
  return async ({ programKey, ...place }, { signal }) => {
    const body = encoder.encode(JSON.stringify({ program: programKey, ...place }));
    // Whoever knows a body's length need not count it first.
    const headers = { "content-type": "application/json", "content-length": String(body.length) };
    const request = new Request(url, { method: "POST", headers, body, signal });
    const response = await fetch(request);
    if (response.ok) {
      const timing = readServerTiming(response.headers.get("server-timing"));
      return { kind: "partial", partial: new Uint8Array(await response.arrayBuffer()), ...(timing && { timing }) };
    }
    const cause = await describeProblem(response);
    signal.throwIfAborted();
    return { kind: "failed", cause, permanent: response.status === 422 };
  };
}

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

/** Who wants to know that a task's columns are loaded: a response can say so only when all is over. */
export class RunningNotices {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Until the returned function is called. */
  listen(task: ComputeTask, listener: () => void): () => void {
    const key = keyOf(task);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  /** An executor that also tells the listeners. */
  over(executor: Executor): Executor {
    return {
      run: (task, options) =>
        executor.run(task, {
          ...options,
          onRunning: () => {
            options.onRunning?.();
            for (const listener of this.#listeners.get(keyOf(task)) ?? []) listener();
          },
        }),
    };
  }
}

function keyOf({ programKey, fingerprint }: ComputeTask): string {
  return subtaskKey(programKey, fingerprint);
}
