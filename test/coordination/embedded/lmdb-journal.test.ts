import assert from "node:assert/strict";
import { test } from "node:test";
import { createLmdbJournal } from "../../../coordination/embedded/lmdb-journal.ts";
import { openEnvironment } from "../../../storage/embedded/environment.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";

test("createLmdbJournal loads what was written, lowest number first, however many", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const journal = createLmdbJournal(await openEnvironment({ directory }));
  const numbers = Array.from({ length: 5000 }, (_, index) => (index * 7919) % 100_003).concat(2 ** 40);
  await journal.write(new Map(numbers.map((number) => [number, `{"é":${number}}`])));
  await journal.write(new Map([[7919, undefined]]));
  await journal.write(new Map([[0, "x".repeat(1e6)]]));
  await journal.close();

  const again = createLmdbJournal(await openEnvironment({ directory }));
  t.after(() => again.close());
  const loaded: [number, string][] = [];
  for await (const [number, record] of again.load()) loaded.push([number, record]);
  const expected = numbers.filter((number) => number !== 7919).sort((a, b) => a - b);
  assert.deepEqual(
    loaded,
    expected.map((number) => [number, number === 0 ? "x".repeat(1e6) : `{"é":${number}}`]),
  );
});

test("createLmdbJournal: an empty journal loads nothing", async (t) => {
  const journal = createLmdbJournal(await openEnvironment({ directory: await makeTemporaryDirectory(t) }));
  t.after(() => journal.close());
  for await (const record of journal.load()) assert.fail(`loaded ${record}`);
});
