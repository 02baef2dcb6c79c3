/** Many queries over few distinct plans from several clients at once, and what came of them: the load that a shared store is for. */
import type { Status } from "../../functions/api.ts";

export interface AskOptions {
  readonly queries: number;
  /** Distinct plans; query i asks for plan i % keys. */
  readonly keys: number;
  readonly clients: number;
  /** Requests under way at a time. */
  readonly parallel: number;
  readonly dataset: string;
  readonly post: (query: unknown, headers: Readonly<Record<string, string>>) => Promise<Response>;
  readonly onAnswer?: (answered: number) => void;
}

export interface Asked {
  readonly sent: number;
  readonly answered: number;
  /** Answers whose state is not done. */
  readonly unfinished: number;
  /** Answers whose stored, joined and queued partitions do not add up to their total. */
  readonly unbalanced: number;
  readonly queued: number;
  /** For each key, its distinct answers' histograms as JSON. */
  readonly answers: readonly ReadonlySet<string>[];
  /** Milliseconds for each answer. */
  readonly latencies: readonly number[];
}

export const upperEdge = (key: number): number => 50 + 10 * key;

export const manyQuery = (key: number, dataset: string) => ({
  dataset,
  histograms: { met: { axes: [{ type: "regular", bins: 20, lower: 0, upper: upperEdge(key), value: "MET.pt" }] } },
});

export async function askMany({ queries, keys, clients, parallel, dataset, post, onAnswer }: AskOptions): Promise<Asked> {
  const answers = Array.from({ length: keys }, () => new Set<string>());
  const latencies: number[] = [];
  const sums = { unfinished: 0, unbalanced: 0, queued: 0 };
  let next = 0;
  const ask = async () => {
    for (let index = next++; index < queries; index = next++) {
      const key = index % keys;
      const started = performance.now();
      const answer = await post(manyQuery(key, dataset), { prefer: "wait=60", "femtoq-client": `client-${index % clients}` });
      const status = (await answer.json()) as Status;
      latencies.push(performance.now() - started);
      if (status.state !== "done") sums.unfinished++;
      const { total = -1, stored = 0, joined = 0, queued = 0 } = status.submission ?? {};
      if (stored + joined + queued !== total) sums.unbalanced++;
      sums.queued += queued;
      answers[key].add(JSON.stringify(status.histograms));
      onAnswer?.(latencies.length);
    }
  };
  await Promise.all(Array.from({ length: parallel }, ask));
  return { sent: queries, answered: latencies.length, ...sums, answers, latencies };
}
