/** Tests `femtoq inspect`: its description of a file that is written here, and that no name in a file can make a terminal do anything but show it. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { FlatColumn } from "../../../datasets/format.ts";
import { written } from "../../../datasets/formats.ts";
import { missingData, realData } from "../../datasets/real-data.ts";
import { runCli } from "./run-cli.ts";

const esc = String.fromCharCode(27);

const columns: readonly FlatColumn[] = [
  { name: "MET_pt", values: Float64Array.of(1e16, 1, -1e16, Number.NaN, Number.POSITIVE_INFINITY) },
  { name: "Muon_pt", values: Float32Array.of(0.5, -3, 2.25), offsets: Uint32Array.of(0, 2, 2, 2, 3, 3) },
  { name: "nothing", values: new Float64Array(5).fill(Number.NaN) },
  { name: `odd${esc}[2J`, values: Int32Array.of(1, 2, 3, 4, -5) },
];

async function makeFile(t: TestContext, bytes?: Uint8Array): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-inspect-"));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, "events.parquet");
  await writeFile(path, bytes ?? Buffer.concat(await written.encode(columns, 5, "a test")));
  return path;
}

test("inspect tells columns, types and sizes, and reads no values", async (t) => {
  const { code, stdout, stderr } = await runCli(["inspect", await makeFile(t)]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^events\.parquet · Parquet · 5 entries · 1 partition · /);
  assert.match(stdout, /\nMuon_pt +var \* float32 +Muon\.pt +[\d.]+ B +none\n/);
  assert.ok(!stdout.includes(esc));
  assert.match(stdout, /\nodd\\u001b\[2J +int32 /);
});

test("inspect --stats --json gives sums without loss, ranges of what is finite, and null where nothing is", async (t) => {
  const { code, stdout } = await runCli(["inspect", await makeFile(t), "--stats", "--json"]);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { column: "MET_pt", type: "float64", values: 5, sum: 1, min: -1e16, max: 1e16, nonfinite: 2 },
      { column: "Muon_pt", type: "var * float32", values: 3, sum: -0.25, min: -3, max: 2.25, nonfinite: 0 },
      { column: "nothing", type: "float64", values: 5, sum: 0, min: null, max: null, nonfinite: 5 },
      { column: `odd${esc}[2J`, type: "int32", values: 5, sum: 5, min: -5, max: 4, nonfinite: 0 },
    ],
  );
});

test("inspect --stats gives the least and largest 64-bit integer with all digits, and a note only where float64 has not all", async (t) => {
  const columnData = [
    { name: "small", data: [1n, -3n], type: "INT64" as const },
    { name: "large", data: [2n ** 53n + 1n, -(2n ** 62n) - 1n], type: "INT64" as const },
    { name: "huge", data: [1.7e308, 1.7e308], type: "DOUBLE" as const },
  ];
  const path = await makeFile(t, new Uint8Array(parquetWriteBuffer({ columnData })));
  const { stdout } = await runCli(["inspect", path, "--stats"], { columns: 200 });
  assert.match(stdout, /\nsmall .* 2 +−3 +1 +−2 *\n/);
  assert.match(stdout, /\nlarge .* 2 +-4611686018427387905 +9007199254740993 .* integers from 2⁵³ on are rounded *\n/);
  assert.match(stdout, /\nhuge .* ∞ +the sum is beyond float64/);
});

test("inspect shows how far it is on a terminal, and names what cannot be read", async (t) => {
  const bytes = Buffer.concat(await written.encode(columns, 5, "a test"));
  // In the header of the first column's only page.
  bytes[5] = 0xff;
  const { code, stdout, stderr } = await runCli(["inspect", await makeFile(t, bytes), "--stats"], { columns: 160 });
  assert.equal(code, 1);
  assert.match(stderr, /4\/4 columns of partitions/);
  assert.match(stdout, /MET_pt .* Cannot read column MET_pt of events\.parquet \(entries 0–5\)/);
  assert.match(stdout, /nothing +float64 .* 5 +– +– +0 +5 not finite/);
});

for (const [what, bytes, message] of [
  ["no file of a known format", new TextEncoder().encode("event,pt\n"), /^Cannot use dataset events\.parquet: .*it is not a /],
  ["a truncated file", new TextEncoder().encode("PAR1 and then nothing"), /still being written\n$/],
] as const) {
  test(`inspect of ${what} says so and exits with 1`, async (t) => {
    const { code, stdout, stderr } = await runCli(["inspect", await makeFile(t, bytes)]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, message);
  });
}

for (const [file, tree, column] of [
  ["uproot-issue-816.root", /\ntree +class +entries\nAnalysisMiniTree +TTree +100\n/, /\neventNumber +uint64 +298 B +zlib\n/],
  ["ntpl001_staff_rntuple_v1-0-0-0.root", /\nStaff +ROOT::RNTuple +3\u202f354\n/, /\nNation +string +[\d.]+ k?B\n/],
] as const) {
  test(`inspect tells trees, types and sizes of ${file}`, { skip: missingData(`root/${file}`) }, async () => {
    const { code, stdout } = await runCli(["inspect", realData(`root/${file}`)]);
    assert.equal(code, 0);
    assert.match(stdout, tree);
    assert.match(stdout, column);
  });
}
