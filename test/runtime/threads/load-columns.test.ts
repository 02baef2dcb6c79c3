import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToLoad } from "../../../datasets/cache/cached-column.ts";
import { Slab } from "../../../datasets/cache/slab.ts";
import { loadColumns } from "../../../runtime/threads/load-columns.ts";
import type { LoadJob, LoadOutcome } from "../../../runtime/threads/worker-messages.ts";

const slab = new Slab(0, 65_536);
const cost = { bytes: 1, reading: 0, decoding: 0 };

function toLoad(name: string, values: number, path = "/data/a.parquet") {
  const abort = new AbortController();
  const column = { name, dtype: "float64" as const, nullable: false, lists: [] };
  const location = {
    file: { path, size: 1, version: "" },
    column,
    format: "none",
    firstEntry: 0,
    entries: values,
    elements: [],
    values,
    place: undefined,
  };
  const wanted: ToLoad = {
    fingerprint: "f",
    location,
    place: { slab, values: { address: 16, bytes: 8 * values }, offsets: [] },
    signal: abort.signal,
  };
  return { wanted, abort };
}

/** Records the submitted jobs; each ends when the test says so. */
function recording(free: number) {
  const jobs: {
    readonly names: readonly string[];
    readonly aborted: (number | "all")[];
    readonly end: (outcomes: readonly LoadOutcome[]) => void;
  }[] = [];
  const submit = ({ columns }: LoadJob) => {
    let end = (_: readonly LoadOutcome[]) => {};
    const outcomes = new Promise<readonly LoadOutcome[]>((resolve) => {
      end = resolve;
    });
    const aborted: (number | "all")[] = [];
    jobs.push({ names: columns.map(({ location }) => location.column.name), aborted, end });
    return { outcomes, abort: (column: number) => aborted.push(column), abandon: () => aborted.push("all") };
  };
  return { jobs, options: { free, submit, meter: undefined } };
}

test("loadColumns makes as many jobs as threads are free, of about the same size, and one at least", () => {
  const columns = [3, 9, 2, 5, 4].map((values, at) => toLoad("abcde"[at]!, values).wanted);
  const names = (free: number) => {
    const { jobs, options } = recording(free);
    loadColumns(columns, options);
    return jobs.map((job) => job.names.join(""));
  };
  assert.deepEqual([names(2), names(0), names(9)], [["ba", "dec"], ["bdeac"], ["b", "d", "e", "a", "c"]]);
});

test("loadColumns makes one job for a file that is far away, however many threads are free", () => {
  const { jobs, options } = recording(4);
  loadColumns(
    ["a", "b", "c"].map((name) => toLoad(name, 1, "https://example.org/a.parquet").wanted),
    options,
  );
  assert.deepEqual(
    jobs.map(({ names }) => names),
    [["a", "b", "c"]],
  );
});

test("loadColumns gives each column its own outcome, and tells of those that nobody waits for", async () => {
  const { jobs, options } = recording(1);
  const [a, b, c] = [toLoad("a", 3), toLoad("b", 2), toLoad("c", 1)];
  const loading = loadColumns([c.wanted, a.wanted, b.wanted], options);
  const [job] = jobs;
  assert.deepEqual(job!.names, ["a", "b", "c"]);
  b.abort.abort();
  assert.deepEqual(job!.aborted, [1]);
  job!.end([
    { kind: "column", values: 3, cost },
    { kind: "failed", failure: { kind: "stopped" } },
    { kind: "failed", failure: { kind: "dataset", message: "c is damaged", permanent: true } },
  ]);
  const outcomes = await Promise.allSettled(loading);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.values : outcome.reason.message)),
    ["c is damaged", 3, "the run was stopped"],
  );
  a.abort.abort();
  assert.deepEqual(job!.aborted, [1], "it has ended");
});

test("loadColumns gives up a job when nobody waits for any of its columns, also before it began", () => {
  const { jobs, options } = recording(1);
  const [a, b] = [toLoad("a", 2), toLoad("b", 1)];
  a.abort.abort();
  loadColumns([a.wanted, b.wanted], options);
  b.abort.abort();
  assert.deepEqual(jobs[0]!.aborted, [0, 1, "all"]);
});
