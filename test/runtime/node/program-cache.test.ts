import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { KnownCode } from "../../../engine/compile/alike/compile-alike.ts";
import { programKey } from "../../../engine/program/program.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { compileChecked } from "../../../functions/dispatch/plan/compile-missing.ts";
import { ProgramCache } from "../../../runtime/node/program-cache.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import type { Store, StoredProgram } from "../../../storage/store.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { axis } from "./executor-for-test.ts";

const code = new Map<string, KnownCode>();

async function compile(value: string, upper = 100): Promise<StoredProgram> {
  const query = { dataset: "any", histograms: { h: { axes: [{ ...axis(value), upper }] } } };
  const planned = makeProgram(readQuery(query), muonSchema);
  return compileChecked({ ...planned, programKey: await programKey(planned.program) }, muonSchema, code);
}

async function open(t: TestContext, programs: readonly StoredProgram[]): Promise<{ store: Store; cache: ProgramCache }> {
  const store = await openStore({ directory: await makeTemporaryDirectory(t) });
  t.after(() => store.close());
  for (const program of programs) await store.putProgram(program);
  return { store, cache: new ProgramCache({ store }) };
}

test("ProgramCache compiles one module for programs that differ in numbers only, and gives each its own", async (t) => {
  const programs = [await compile("MET.pt * 1.5"), await compile("MET.pt / 1e400", 90), await compile("MET.pt * -2.5", 80)];
  const { cache } = await open(t, programs);
  const [one, divided, other] = await Promise.all(programs.map((program) => cache.get(program.programKey)));
  assert.equal(one!.module, other!.module);
  assert.notEqual(one!.module, divided!.module);
  const { numbers } = one!;
  assert.deepEqual([numbers!.includes(1.5), numbers!.includes(100)], [true, true]);
  assert.deepEqual([other!.numbers!.includes(-2.5), other!.numbers!.includes(80)], [true, true]);
  assert(divided!.numbers!.includes(Number.POSITIVE_INFINITY));
});

test("a program that was stored without the key of its code has a module of its own, which has its numbers", async (t) => {
  const { code: _code, ...early } = await compile("MET.pt", 70);
  const later = await compile("MET.pt", 60);
  const { cache } = await open(t, [early, later]);
  const [one, other] = await Promise.all([cache.get(early.programKey), cache.get(later.programKey)]);
  assert.equal(one.numbers, undefined);
  assert.notEqual(one.module, other.module);
});

test("code that could not be compiled is compiled when it is asked for again", async (t) => {
  const right = await compile("MET.pt", 50);
  const { store, cache } = await open(t, [{ ...right, module: right.module.slice(0, 30) }]);
  await assert.rejects(cache.get(right.programKey), WebAssembly.CompileError);
  await store.putProgram(right);
  assert((await cache.get(right.programKey)).module instanceof WebAssembly.Module);
});
