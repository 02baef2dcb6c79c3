/**
 * Probes are queries of a client that asks at a steady pace, whatever else goes on. They show how the server feels to somebody who did not
 * cause the load.
 */
import { setTimeout as wait } from "node:timers/promises";
import { everyEvent, type Question } from "../../queries/question.ts";

/** A `stored` query was asked before; a `new` one has to be computed. */
export type ProbeKind = "stored" | "new";

export interface Probe {
  readonly kind: ProbeKind;
  /** When it was asked, in seconds after probing began. */
  readonly second: number;
  /** The milliseconds until the whole answer or the failure. */
  readonly milliseconds: number;
  /** The HTTP status; 0 if no answer came. */
  readonly status: number;
}

/** The milliseconds between two probes of a kind. */
const paces: Readonly<Record<ProbeKind, number>> = { stored: 100, new: 500 };
const patience = 30_000;

const query = (run: number, index: number): Question["query"] => ({
  dataset: "demo",
  filter: [everyEvent({ run, index }, 6)],
  histograms: { met: { axes: [{ type: "regular", bins: 64, lower: 0, upper: 128, value: "MET.pt" }] } },
});

export interface Probing {
  /** All probes that have ended, in no particular order. */
  readonly probes: readonly Probe[];
  /** The seconds since probing began. */
  readonly now: () => number;
  /** Asks no more, and resolves when all probes have ended. */
  stop(): Promise<void>;
}

/** Asks the stored query once, then begins to probe. Rejects if the server does not answer that first query. */
export async function startProbing(url: string): Promise<Probing> {
  const run = 1 + Math.floor(Math.random() * 999_999);
  const stopped = new AbortController();
  const probes: Probe[] = [];
  const under = new Set<Promise<void>>();
  const first = await ask(url, query(run, 0));
  if (first !== 200) throw new Error(`Cannot begin: the server answers ${first} to a first query`);
  const start = performance.now();
  const now = () => (performance.now() - start) / 1000;
  const probe = async (kind: ProbeKind, index: number) => {
    const second = now();
    const status = await ask(url, query(run, kind === "stored" ? 0 : index));
    probes.push({ kind, second, milliseconds: (now() - second) * 1000, status });
  };
  const keepAsking = async (kind: ProbeKind) => {
    for (let index = 1; !stopped.signal.aborted; index++) {
      const asked: Promise<void> = probe(kind, index).finally(() => under.delete(asked));
      under.add(asked);
      const next = start + index * paces[kind] - performance.now();
      await wait(Math.max(0, next), undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const asking = [keepAsking("stored"), keepAsking("new")];
  return {
    probes,
    now,
    async stop() {
      stopped.abort();
      await Promise.all(asking);
      await Promise.all(under);
    },
  };
}

/** Resolves with the answer's status when all of the answer is here. */
async function ask(url: string, body: Question["query"]): Promise<number> {
  try {
    const answer = await fetch(`${url}/queries`, {
      method: "POST",
      headers: { "content-type": "application/json", "femtoq-client": "probe", prefer: `wait=${patience / 1000}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
    await answer.text();
    return answer.status;
  } catch {
    // There is no answer: the connection was refused or reset, or the answer is late.
    return 0;
  }
}
