import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createLmdbJournal } from "../../../coordination/embedded/lmdb-journal.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { openEnvironment } from "../../../storage/embedded/environment.ts";
import { shareEnvironment } from "../../../storage/embedded/shared-environment.ts";
import { getPartial, putPartial } from "../one-at-a-time.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";

const body = new Uint8Array(100).fill(7);

test("shareEnvironment opens one environment for store and journal, and closes it when both have closed it", async (t) => {
  const directory = join(await makeTemporaryDirectory(t), "state");
  const open = shareEnvironment({ directory });
  const store = await openStore({ environment: await open() });
  const journal = createLmdbJournal(await open());
  await putPartial(store, "key", body);
  await store.close();
  await store.close();
  await journal.write(new Map([[1, "one"]]));
  await assert.rejects(openEnvironment({ directory }), { code: "in-use" });
  await journal.close();
  const again = shareEnvironment({ directory });
  const opened = await openStore({ environment: await again() });
  assert.deepEqual((await getPartial(opened, "key"))?.bytes, body);
  const records: unknown[] = [];
  for await (const record of createLmdbJournal(await again()).load()) records.push(record);
  assert.deepEqual(records, [[1, "one"]]);
  await opened.close();
});

test("putPartialsWithin tells of each partial what became of it, and makes room like putPartials", async (t) => {
  const environment = await openEnvironment({ directory: join(await makeTemporaryDirectory(t), "state") });
  const store = await openStore({ environment, limit: 1000 });
  t.after(() => store.close());
  const numbered = (from: number, count: number) => Array.from({ length: count }, (_, index) => ({ key: `key ${from + index}`, body }));
  const put = (partials: ReturnType<typeof numbered>) => environment.transact(() => store.putPartialsWithin!(partials));
  assert.deepEqual(
    await put(numbered(0, 10)),
    Array.from({ length: 10 }, () => "inserted"),
  );
  const [same, different, huge, inserted] = await put([
    { key: "key 9", body },
    { key: "key 8", body: body.subarray(1) },
    { key: "huge", body: new Uint8Array(1001) },
    { key: "key 10", body },
  ]);
  assert.deepEqual([same, different, inserted], ["same", "different", "inserted"]);
  assert.equal((huge as { code?: unknown }).code, "too-large");
  assert.deepEqual(await store.usage(), { bodies: 10, bytes: 1000, limit: 1000 });
  assert.equal(await getPartial(store, "key 0"), undefined);
});
