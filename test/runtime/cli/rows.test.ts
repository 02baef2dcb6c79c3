import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetReadObjects } from "hyparquet";
import { openApp } from "../../support/open-app.ts";
import { fetchFrom, runCli } from "./run-cli.ts";

const query = { dataset: "events", filter: "MET.pt > 100", rows: { columns: { met: "MET.pt", lead: "Muon[0].pt" }, limit: 300 } };

test("query --rows prints JSON lines, --output writes them or Parquet; without either the status tells how many there are", async (t) => {
  const app = await openApp(t);
  const fetch = fetchFrom((request) => app.request(request.url.slice(new URL(request.url).origin.length), request));
  const run = (...args: readonly string[]) => runCli(["query", "-", ...args], { fetch, input: JSON.stringify(query) });
  const passed = app.events.filter(({ MET_pt }) => MET_pt > 100).slice(0, 300);
  const expected = passed.map(({ MET_pt, Muon }) => ({ met: MET_pt, lead: Muon[0]?.pt ?? null }));

  const { code, stdout, stderr } = await run("--rows");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    expected,
  );

  const [lines, parquet] = ["rows.jsonl", "rows.parquet"].map((name) => join(app.directory, name)) as [string, string];
  assert.deepEqual(await run("--output", lines), { code: 0, stdout: "", stderr: "" });
  assert.equal(await readFile(lines, "utf8"), stdout);
  assert.equal((await run("--rows", "--output", parquet)).code, 0);
  const file = new Uint8Array(await readFile(parquet)).buffer;
  assert.deepEqual(await parquetReadObjects({ file }), expected);
  assert.deepEqual(
    (await readdir(app.directory)).filter((name) => name.endsWith(".part")),
    [],
  );

  assert.match((await run()).stdout, /\n300 rows of met, lead, as many as were asked for: --rows writes them\n/);
  const again = await openApp(t, { extraData: [`selected=${parquet}`] });
  assert.equal((await again.services.catalogue.get("selected"))?.entries, 300);
});

test("query --rows of a query without rows, or as a picture, is refused before anything is asked", async () => {
  const fetch = () => Promise.reject(new Error("asked"));
  const none = await runCli(["query", "-", "--rows"], { fetch, input: JSON.stringify({ dataset: "events", totals: { n: "1" } }) });
  assert.deepEqual([none.code, none.stdout], [2, ""]);
  assert.match(none.stderr, /the query has none; add "rows"/);
  const picture = await runCli(["query", "-", "--rows", "--format", "svg"], { fetch, input: JSON.stringify(query) });
  assert.match(picture.stderr, /^Cannot write rows as svg/);
});
