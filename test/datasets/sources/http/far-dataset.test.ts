/** Columns of a dataset that is far away, from a server that is slow and fails: the right answer, or that partition named. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createCatalogue } from "../../../../datasets/catalogue/catalogue.ts";
import type { Catalogue, Partition } from "../../../../datasets/dataset.ts";
import { written } from "../../../../datasets/formats.ts";
import { readColumns } from "../../../../datasets/read-column.ts";
import { seeded, seedOr } from "../../../support/seeded.ts";
import { makeTarget } from "../../read-for-test.ts";
import { serveFilesFor } from "./file-server.ts";

const entries = 5_000;
const names = ["a", "b", "c", "d", "e", "f"] as const;
const valuesOf = (file: number, name: string) =>
  Float32Array.from({ length: entries }, (_, at) => Math.sin(at * name.charCodeAt(0) + file));

async function encode(file: number): Promise<Uint8Array> {
  const columns = names.map((name) => ({ name, values: valuesOf(file, name) }));
  return Buffer.concat([...(await written.encode(columns, entries, "test"))]);
}

async function openDataset(test: TestContext, count: number) {
  const server = await serveFilesFor(test, { latency: 20 });
  for (let file = 0; file < count; file++) server.files.set(`/run/${file}.parquet`, { bytes: await encode(file), etag: `"${file}"` });
  const catalogue = createCatalogue([{ name: "far", pattern: `${server.origin}/run/*.parquet` }]);
  const { partitions } = (await catalogue.get("far"))!;
  assert.equal(partitions.length, count);
  return { server, catalogue, partitions };
}

async function read(catalogue: Catalogue, partition: Partition) {
  const locations = await Promise.all(names.map((name) => catalogue.locate("far", partition, name)));
  const wanted = locations.map((location) => ({ location, target: makeTarget(location) }));
  const outcomes = await readColumns(wanted);
  return outcomes.map((outcome, at) => (outcome.status === "fulfilled" ? wanted[at]!.target.values : String(outcome.reason)));
}

test("a dataset at a URL gives its columns, in one request a partition, though some requests fail", async (t) => {
  const { server, catalogue, partitions } = await openDataset(t, 8);
  const random = seeded(seedOr(3));
  let failed = 0;
  server.interfere = (_, response) => {
    if (!random.chance(0.1)) return false;
    failed++;
    if (failed % 2 === 0) response.socket!.destroy();
    else response.writeHead(500).end();
    return true;
  };
  server.requests.length = 0;
  for (const [file, values] of (await Promise.all(partitions.map((each) => read(catalogue, each)))).entries())
    assert.deepEqual(
      values,
      names.map((name) => valuesOf(file, name)),
    );
  assert.equal(server.requests.length, partitions.length + failed);
  assert(failed > 0, "the seed makes some fail");
});

test("a file that changes while it is read fails its partition by name, and no other, nor does it give a wrong number", async (t) => {
  const { server, catalogue, partitions } = await openDataset(t, 3);
  const changed = { bytes: await encode(7), etag: '"changed"' };
  server.interfere = (request) => {
    if (request.url === "/run/1.parquet") server.files.set("/run/1.parquet", changed);
    return false;
  };
  const [zero, one, two] = await Promise.all(partitions.map((each) => read(catalogue, each)));
  assert.deepEqual(
    [zero, two],
    [0, 2].map((file) => names.map((name) => valuesOf(file, name))),
  );
  for (const text of one!) assert.match(String(text), /^DatasetError: 1\.parquet changed since its metadata was read: ask again/);
});
