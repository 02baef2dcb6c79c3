import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import type { Store } from "../../../storage/store.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";
import { openApp } from "../../support/open-app.ts";

const query = { dataset: "events", histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "MET.pt" }] } } };

test("the partials of a short plan are looked up before the store has told which programs it has", async (t) => {
  const store = await openStore({ directory: join(await makeTemporaryDirectory(t), "store") });
  t.after(() => store.close());
  let look = () => {};
  const looked = new Promise<void>((resolve) => {
    look = resolve;
  });
  /** A store elsewhere, which gives no programs before partials are looked up. */
  const elsewhere: Store = {
    ...store,
    keepsOrder: false,
    findPartials(...args) {
      look();
      return store.findPartials(...args);
    },
    async getPrograms(...args) {
      await looked;
      return store.getPrograms(...args);
    },
  };
  const app = await openApp(t, { store: elsewhere });
  assert.equal((await app.ask(query)).state, "done");
});
