import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../functions/api.ts";
import { partitionLines, partitionPhases, phaseLines } from "../../../functions/render/timing-lines.js";
import { drawTiming } from "../../../runtime/cli/draw/draw-timing.ts";
import { openApp } from "../../support/open-app.ts";
import { fetchFrom, runCli } from "./run-cli.ts";

const phases = {
  waiting: 1,
  compiling: 0.5,
  loading: 2,
  reading: 0.5,
  decoding: 1,
  thread: 0.25,
  computing: 4,
  saving: 0.25,
  merging: 0.125,
};
const slow = (partition: number, waiting: number) => ({ ...phases, waiting, partition, file: "f.parquet", node: "n" });
const status = (timing: Status["timing"], state: Status["state"] = "done") =>
  ({ state, timing, partitions: { total: 3, waiting: 0, loading: 0, running: 0, done: 3, failed: 0 } }) as Status;
const colours = { bold: (text: string) => text, dim: (text: string) => text } as Parameters<typeof drawTiming>[1]["colours"];
const submitted = "2026-01-01T00:00:00.000Z";

test("drawTiming draws each partition's steps on one scale, in the order in which they were begun", () => {
  const timing = { submitted, seconds: 12, phases, measured: 3, slowest: [slow(7, 3), slow(8, 0)] };
  const lines = drawTiming(status(timing), { colours, width: 62 }).split("\n");
  const bars = lines.filter((line) => /^[78] n /.test(line));
  // 10 s over 47 columns: 3 waiting, 0.5 compiling, 2 loading, 0.25 thread, 4 computing, 0.25 saving.
  const widths = (bar: string) =>
    [...bar.slice(4, 4 + 46)].reduce((sums, mark) => sums.set(mark, (sums.get(mark) ?? 0) + 1), new Map<string, number>());
  assert.deepEqual(
    bars.map((bar) => bar[0]),
    ["8", "7"],
  );
  assert.ok(Math.abs((widths(bars[1]).get("█") ?? 0) - 46 * 0.4) <= 1);
  assert.ok(Math.abs((widths(bars[1]).get("·") ?? 0) - 46 * 0.3) <= 1);
  assert.equal(widths(bars[0]).get("·"), undefined);
  assert.match(bars[1], /10 s$/);
  assert.match(lines.join("\n"), /sum of 3 of 3 partitions/);
});

test("drawTiming says of a stored result that nothing was computed, and of others until when they count", () => {
  const options = { colours, width: 80 };
  assert.match(drawTiming(status({ submitted, seconds: 2, stored: true }), options), /stored: nothing was computed.*took 2 s/);
  assert.match(
    drawTiming(status({ submitted, seconds: 2, measured: 0, slowest: [], phases }), options),
    /No partition was computed for it/,
  );
  assert.match(drawTiming(status({ submitted, seconds: 2 }, "running"), options), /to now/);
});

test("phaseLines and partitionLines have every phase once, and nothing where nothing was measured", () => {
  const timing = { submitted, seconds: 12, phases, measured: 3, slowest: [slow(7, 3)] };
  assert.deepEqual(
    phaseLines(timing)
      .map(({ phase }) => phase)
      .sort(),
    Object.keys(phases).sort(),
  );
  assert.deepEqual(
    partitionLines(timing)[0].segments.map(({ phase }) => phase),
    [...partitionPhases],
  );
  assert.deepEqual([phaseLines({ submitted, seconds: 1 }), partitionLines({ submitted, seconds: 1 })], [[], []]);
});

test("femtoq explain --after tells where the time of a query went; it takes a file or an id, not both and not neither", async (t) => {
  const app = await openApp(t);
  const fetch = fetchFrom((request) => app.services && app.request(new URL(request.url).pathname, request));
  const { id } = await app.ask({
    dataset: "events",
    histograms: { met: { axes: [{ type: "regular", bins: 4, lower: 0, upper: 9, value: "MET.pt" }] } },
  });
  const shown = await runCli(["explain", "--after", id], { fetch });
  assert.equal(shown.code, 0);
  assert.match(shown.stdout, /computing\s+[\d.]+ m?s/);
  const json = await runCli(["explain", "--after", id, "--json"], { fetch });
  assert.equal((JSON.parse(json.stdout) as Status["timing"]).measured, 4);
  for (const args of [["explain"], ["explain", "file.json", "--after", id]]) assert.equal((await runCli(args, { fetch })).code, 2);
  assert.equal((await runCli(["explain", "--after", "nothing"], { fetch })).code, 2);
});
