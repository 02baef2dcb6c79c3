/** Queries of the benchmark over the same events in every codec and layout, on one node and on two that share a queue and a store. */
import assert from "node:assert/strict";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createMemoryJournal } from "../../coordination/embedded/journal.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { codecFiles, writeLayouts } from "../datasets/catalogue/layout-files.ts";
import { makeDirectory } from "../datasets/read-for-test.ts";
import { silent } from "../runtime/silent-log.ts";
import { openApp } from "../support/open-app.ts";
import { queryFiles } from "../support/query-files.ts";

const copies = 3;
const example = async (number: number) =>
  JSON.parse(await readFile(new URL(`../../examples/adl/query-${number}.json`, import.meta.url), "utf8"));

test("every codec and layout gives the same histograms, bit for bit, on one node and on a cluster of two", async (t) => {
  const directory = await makeDirectory(t);
  const extraData: string[] = [];
  for (const [index, path] of [...(await writeLayouts(t)), ...codecFiles].entries()) {
    const [name, ending] = [`layout${index}`, path.slice(path.lastIndexOf("."))];
    await mkdir(join(directory, name));
    for (let copy = 0; copy < copies; copy++) await copyFile(path, join(directory, name, `${copy}${ending}`));
    extraData.push(`${name}=${join(directory, name)}`);
  }
  const store = await openStore({ directory: join(directory, "store"), limit: 100e6, log: silent });
  const coordinator = await createCoordinator({ journal: createMemoryJournal(), log: silent });
  const pair = [await openApp(t, { extraData, store, coordinator }), await openApp(t, { extraData, store, coordinator })];
  t.after(async () => {
    await coordinator.close();
    await store.close();
  });
  const [jets, pairs] = [await example(2), await example(5)];
  const histograms = { pt: jets.histograms.pt, met: { ...pairs.histograms.met, filter: pairs.filter } };
  const answers = new Set<string>();
  for (const [index, each] of extraData.entries()) {
    const { histograms: found, cutflow, failures } = await pair[index % 2]!.ask({ dataset: `layout${index}`, histograms });
    assert.deepEqual(failures, [], each);
    assert.equal(cutflow[0]!.events, copies * 60);
    answers.add(JSON.stringify(found));
    const alone = await queryFiles(each.slice(each.indexOf("=") + 1), { histograms });
    for (const name of ["pt", "met"]) assert.deepEqual(found[name]!.storage.values, [...alone.histogram(name).contents.values], each);
  }
  assert.equal(answers.size, 1);
  const [first, second] = pair.map(({ computed }) => computed.length);
  assert.equal(first! + second!, copies * extraData.length, "each subtask was computed once, by either");
});
