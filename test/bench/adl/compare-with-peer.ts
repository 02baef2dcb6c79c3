/**
 * Our queries and another program's, in turn, so that both see the same machine. The other program is run as `PEER COLUMNS REPEATS` and prints one line for each
 * query: `{"query": "5", "mevents_per_s": …, "counts": [underflow, 100 bins, overflow]}`.
 */
import { execFileSync } from "node:child_process";
import { median } from "../../support/timing.ts";
import type { PreparedQuery } from "./prepare-queries.ts";

export interface Peer {
  readonly path: string;
  /** The folder with its columns. */
  readonly columns: string;
}

export interface Comparison {
  readonly query: string;
  /** Million events a second: medians, and the best of all rounds. */
  readonly own: { readonly median: number; readonly best: number };
  readonly peer: { readonly median: number; readonly best: number };
  /** Fills that are not in the same bin, of how many. */
  readonly differing: number;
  readonly fills: number;
}

interface PeerLine {
  readonly query: string;
  readonly mevents_per_s: number;
  readonly counts: readonly number[];
}

/** Each program repeats a query this many times in a row, of which the best one counts. */
const repeats = 3;

export function compareWithPeer(
  queries: readonly PreparedQuery[],
  peer: Peer,
  options: { readonly rounds: number; readonly onRound: (round: number) => void },
): readonly Comparison[] {
  const own = new Map(queries.map(({ name }) => [name, [] as number[]]));
  const theirs = new Map(queries.map(({ name }) => [name, [] as number[]]));
  const differing = new Map<string, number>();
  const fills = new Map<string, number>();
  for (let round = 0; round < options.rounds; round++) {
    options.onRound(round);
    const lines = runPeer(peer);
    for (const query of queries) {
      const line = lines.find((each) => each.query === query.name);
      if (!line) throw new Error(`${peer.path} says nothing of query ${query.name}`);
      const runs = Array.from({ length: repeats }, () => query.run());
      own.get(query.name)!.push(Math.max(...runs.map(({ ownSpeed }) => ownSpeed)));
      theirs.get(query.name)!.push(line.mevents_per_s);
      const { counts } = runs[0];
      differing.set(query.name, counts.reduce((sum, count, bin) => sum + Math.abs(count - line.counts[bin]), 0) / 2);
      fills.set(
        query.name,
        counts.reduce((sum, count) => sum + count, 0),
      );
    }
  }
  const figures = (speeds: readonly number[]) => ({ median: median(speeds), best: Math.max(...speeds) });
  return queries.map(({ name }) => ({
    query: name,
    own: figures(own.get(name)!),
    peer: figures(theirs.get(name)!),
    differing: differing.get(name)!,
    fills: fills.get(name)!,
  }));
}

const runPeer = ({ path, columns }: Peer): readonly PeerLine[] =>
  execFileSync(path, [columns, String(repeats)], { encoding: "utf8", maxBuffer: 1e7 })
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PeerLine);
