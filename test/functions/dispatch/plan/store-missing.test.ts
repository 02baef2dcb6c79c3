import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { turn } from "../../../../base/turn.ts";
import { written } from "../../../../datasets/formats.ts";
import { isEnded, type Status } from "../../../../functions/api.ts";
import { createApp } from "../../../../functions/app.ts";
import type { Services } from "../../../../functions/services.ts";
import { openApp } from "../../../support/open-app.ts";
import { until } from "../../../support/until.ts";

/** Turns of the event loop in which another query gets to the store. */
const turns = 500;

test("the same query over two datasets whose columns have different forms, asked at once, is answered for both", async (t) => {
  const base = await openApp(t);
  const write = async (name: string, values: readonly number[], type: "INT32" | "DOUBLE") => {
    const columnData = [{ name: "x", data: [...values], type, nullable: type === "INT32" }];
    await writeFile(join(base.directory, `${name}.parquet`), new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 })));
    return `${name}=${join(base.directory, `${name}.parquet`)}`;
  };
  const extraData = [await write("whole", [1, 2, 3, 3], "INT32"), await write("broken", [0.5, 3.5], "DOUBLE")];
  const app = await openApp(t, { extraData });
  const store: Services["store"] = {
    ...app.services.store,
    async putProgram(program) {
      for (let passed = 0; passed < turns; passed++) await turn();
      await app.services.store.putProgram(program);
    },
  };
  const dispatcher = createApp({ ...app.services, store });
  const ask = async (dataset: string) => {
    const body = JSON.stringify({ dataset, histograms: { h: { axes: [{ type: "regular", bins: 4, lower: 0, upper: 4, value: "x" }] } } });
    return (await (await dispatcher.request("/queries", { method: "POST", headers: { prefer: "wait=60" }, body })).json()) as Status;
  };
  const answers = await Promise.all(["whole", "broken"].map(ask));
  for (const { failures } of answers) assert.deepEqual(failures, []);
  assert.deepEqual(
    answers.map(({ histograms }) => histograms.h.storage.values),
    [
      [0, 0, 1, 1, 2, 0],
      [0, 1, 0, 0, 1, 0],
    ],
  );
});

test("lists are counted over datasets whose collections have no column in common, whichever of them the stored module was made for", async (t) => {
  const base = await openApp(t);
  const write = async (name: string, field: string, offsets: readonly number[]) => {
    const column = { name: `Jet_${field}`, values: new Float64Array(offsets.at(-1)!), offsets: Uint32Array.from(offsets) };
    const path = join(base.directory, `${name}.parquet`);
    await writeFile(path, Buffer.concat(await written.encode([column], offsets.length - 1, "a test")));
    return `${name}=${path}`;
  };
  const extraData = [
    await write("data", "area", [0, 1, 3]),
    await write("simulation", "flavour", [0, 0, 3, 5]),
    await write("old", "id", [0, 4, 4]),
  ];
  const app = await openApp(t, { extraData });
  const axis = { type: "regular", bins: 4, lower: 0, upper: 4, value: "Jet.length" };
  const queryOf = (dataset: string) => ({ dataset, histograms: { h: { axes: [axis] } } });
  const post = async (dataset: string) => ((await (await app.post(queryOf(dataset))).json()) as Status).id;
  app.gate.close();
  const ids = [await post("data")];
  await until(() => app.waiting() === 1, "the first query is about to be computed");
  ids.push(await post("simulation"), await post("old"));
  app.gate.open();
  const statusOf = async (id: string) => (await (await app.request(`/queries/${id}`)).json()) as Status;
  for (const id of ids) await until(async () => isEnded(await statusOf(id)), "the query's end");
  const answers = await Promise.all(ids.map(statusOf));
  assert.deepEqual(
    answers.map(({ failures, histograms }) => [failures, histograms.h!.storage.values]),
    [
      [[], [0, 0, 1, 1, 0, 0]],
      [[], [0, 1, 0, 1, 1, 0]],
      [[], [0, 1, 0, 0, 0, 1]],
    ],
  );
});
