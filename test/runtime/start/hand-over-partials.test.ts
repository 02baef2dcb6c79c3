import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { handOverPartials } from "../../../runtime/start/hand-over-partials.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { openEnvironment } from "../../../storage/embedded/environment.ts";
import type { Store } from "../../../storage/store.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";

const body = (...bytes: number[]) => Uint8Array.from(bytes);

describe("handOverPartials", () => {
  for (const how of ["put", "put inside a transaction"]) {
    test(`gives each partial that was ${how} once from memory, and from the store after that`, async (t) => {
      const { store, put, asked } = await openCounted(t, how !== "put");
      assert.deepEqual(await put({ a: body(1), b: body(2) }), ["inserted", "inserted"]);
      const first = await store.getPartials(["a", "b"]);
      assert.deepEqual([first.get("a"), first.get("b")], [intact(1), intact(2)]);
      assert.deepEqual(asked, []);
      const again = await store.getPartials(["b", "a", "c"]);
      assert.deepEqual([...again.values()], [stored(2), stored(1)]);
      assert.deepEqual(asked, ["b", "a", "c"]);
    });
  }

  test("gives what the store has where another partial was there before", async (t) => {
    const { store, put } = await openCounted(t);
    await put({ a: body(1) });
    assert.deepEqual(await put({ a: body(9) }), ["different"]);
    assert.deepEqual((await store.getPartials(["a"])).get("a"), stored(1));
  });

  test("gives nothing that was dropped, or removed with everything", async (t) => {
    const { store, put } = await openCounted(t);
    await put({ a: body(1), b: body(2) });
    await store.dropPartial("a");
    assert.deepEqual([...(await store.getPartials(["a"])).keys()], []);
    await store.reset();
    assert.deepEqual([...(await store.getPartials(["b"])).keys()], []);
  });

  test("keeps so many bytes, of those that were put last", async (t) => {
    const { store, put, asked } = await openCounted(t, false, 4);
    for (const key of ["a", "b", "c"]) await put({ [key]: body(1, 2) });
    assert.equal((await store.getPartials(["a", "b", "c"])).size, 3);
    assert.deepEqual(asked, ["a"]);
  });
});

const stored = (byte: number) => ({ bytes: body(byte), note: { byte } });
const intact = (byte: number) => ({ ...stored(byte), isIntact: true });

async function openCounted(t: Parameters<typeof makeTemporaryDirectory>[0], isWithin = false, mostBytes?: number) {
  const environment = await openEnvironment({ directory: await makeTemporaryDirectory(t) });
  const embedded = await openStore({ environment });
  t.after(() => embedded.close());
  const asked: string[] = [];
  const counted: Store = {
    ...embedded,
    getPartials(keys) {
      asked.push(...keys);
      return embedded.getPartials(keys);
    },
  };
  const store = handOverPartials(counted, mostBytes);
  const put = (bodies: Readonly<Record<string, Uint8Array>>) => {
    const partials = Object.entries(bodies).map(([key, each]) => ({ key, body: each, note: { byte: each[0] } }));
    return isWithin ? environment.transact(() => store.putPartialsWithin!(partials)) : store.putPartials(partials);
  };
  return { store, put, asked };
}
