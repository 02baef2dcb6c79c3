/**
 * Sends many queries over few distinct plans, as several clients, to several dispatchers at once, and checks that each plan was computed once, which is the
 * purpose of a shared store.
 */

import assert from "node:assert/strict";
import { subtaskKey } from "../../base/subtask-key.ts";
import type { Status } from "../../functions/api.ts";
import type { TestEvent } from "./write-events.ts";

export type Post = (query: unknown, headers: Readonly<Record<string, string>>) => Promise<Response>;

export interface AskOptions {
  readonly queries: number;
  /** The number of distinct plans; query i asks for plan i % keys. */
  readonly keys: number;
  readonly clients: number;
  /** The number of requests under way at a time. */
  readonly parallel: number;
  readonly dataset: string;
  /** A function for each dispatcher that POSTs to it; each dispatcher gets every key. */
  readonly posts: readonly Post[];
  readonly onAnswer?: (answered: number) => void;
}

/** The answers to all queries, summed up. */
export interface ManyAnswers {
  readonly sent: number;
  readonly answered: number;
  /** The number of answers whose state is not done. */
  readonly unfinished: number;
  /** The number of answers whose stored, joined and queued partitions do not add up to their total. */
  readonly unbalanced: number;
  /** Sums over all answers. */
  readonly stored: number;
  readonly joined: number;
  readonly queued: number;
  /** For each key, the histograms of its distinct answers, as JSON. */
  readonly answers: readonly ReadonlySet<string>[];
  /** The milliseconds that each answer took. */
  readonly latencies: readonly number[];
}

export const upperEdge = (key: number): number => 50 + 10 * key;

export const manyQuery = (key: number, dataset: string) => ({
  dataset,
  histograms: { met: { axes: [{ type: "regular", bins: 20, lower: 0, upper: upperEdge(key), value: "MET.pt" }] } },
});

export async function askMany({ queries, keys, clients, parallel, dataset, posts, onAnswer }: AskOptions): Promise<ManyAnswers> {
  const answers = Array.from({ length: keys }, () => new Set<string>());
  const latencies: number[] = [];
  const sums = { unfinished: 0, unbalanced: 0, stored: 0, joined: 0, queued: 0 };
  let next = 0;
  const ask = async () => {
    for (let index = next++; index < queries; index = next++) {
      const key = index % keys;
      const post = posts[Math.floor(index / keys) % posts.length]!;
      const started = performance.now();
      const ask = async () => {
        const answer = await post(manyQuery(key, dataset), { prefer: "wait=120", "femtoq-client": `client-${index % clients}` });
        const status = (await answer.json()) as Status;
        assert.ok(answer.ok, `${answer.status}: ${JSON.stringify(status)}`);
        return status;
      };
      const first = await ask();
      // A server waits less long than that at a time.
      let status = first;
      while (status.state === "waiting" || status.state === "running") status = await ask();
      latencies.push(performance.now() - started);
      if (status.state !== "done") sums.unfinished++;
      const { total = -1, stored = 0, joined = 0, queued = 0 } = first.submission ?? {};
      if (stored + joined + queued !== total) sums.unbalanced++;
      sums.stored += stored;
      sums.joined += joined;
      sums.queued += queued;
      answers[key].add(JSON.stringify(status.histograms));
      onAnswer?.(latencies.length);
    }
  };
  await Promise.all(Array.from({ length: parallel }, ask));
  return { sent: queries, answered: latencies.length, ...sums, answers, latencies };
}

export interface Checks {
  readonly events: readonly TestEvent[];
  readonly partitions: number;
  /** Subtasks that the compute function was given, all nodes together. */
  readonly computed: readonly { readonly programKey: string; readonly fingerprint: string }[];
  /** How many second copies were computed of what took another node very long, as it may on a busy machine. */
  readonly copies?: number;
  /** The subtasks that are still in the queue. */
  readonly left: { readonly unowned: number; readonly owned: number; readonly failed: number };
}

/** Throws where an answer is missing or wrong, something was computed twice, or something is left in the queue. */
export function checkAnswers(asked: ManyAnswers, { events, partitions, computed, copies = 0, left }: Checks): void {
  assert.equal(asked.answered, asked.sent, "answers and requests");
  assert.equal(asked.unfinished, 0, "answers that are not done");
  assert.equal(asked.unbalanced, 0, "answers whose stored + joined + queued is not their total");
  for (const [key, answers] of asked.answers.entries()) {
    assert.equal(answers.size, 1, `different answers of key ${key}`);
    const counts = new Array<number>(22).fill(0);
    for (const { MET_pt } of events) counts[MET_pt >= upperEdge(key) ? 21 : 1 + Math.floor(MET_pt * (20 / upperEdge(key)))]++;
    const [answer] = answers;
    assert.deepEqual(JSON.parse(answer!).met.storage.values, counts, `the answer of key ${key}`);
  }
  const subtasks = new Set(computed.map(({ programKey, fingerprint }) => subtaskKey(programKey, fingerprint)));
  assert.equal(subtasks.size, asked.answers.length * partitions, "subtasks computed");
  assert(
    computed.length <= subtasks.size + copies,
    `${computed.length} subtasks computed, though there are ${subtasks.size} and ${copies} second copies; ${asked.queued} were queued`,
  );
  // A subtask may be queued once more while it is being stored: its node then finds it stored and computes nothing.
  assert(asked.queued >= subtasks.size, `${asked.queued} subtasks queued, ${subtasks.size} computed`);
  assert.deepEqual(left, { unowned: 0, owned: 0, failed: 0 }, "left in the queue");
}
