/**
 * Measures how long the ADL queries take from their text to a module, in processor time of a process that has compiled them before. Prints medians beside their
 * limits.
 */
import process from "node:process";
import { type CodeCache, compileAlike } from "../../../engine/compile/alike/compile-alike.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { median } from "../../support/timing.ts";
import { places, readExample } from "./prepare-queries.ts";

export interface CompileTime {
  readonly what: string;
  readonly milliseconds: number;
  readonly most: number;
}

const variations = Object.fromEntries(
  Array.from({ length: 20 }, (_, number) => [`v${number}`, { weight: `weight * ${1 + number / 100}` }]),
);

export async function compileTimes(schema: Schema): Promise<readonly CompileTime[]> {
  const texts = places.map(([, file, histogram]) => readExample(file, histogram));
  /** Compiles as a server does, so that the host compiles each code once. */
  const compileAll = async (all: readonly object[], code: CodeCache = new Map(), modules = new Map<string, WebAssembly.Module>()) => {
    for (const text of all) {
      const { variations, ...nominal } = makeProgram(readQuery(text), schema);
      for (const { terms } of [nominal, ...variations.values()]) {
        const { module, codeKey } = await compileAlike(terms, schema, code);
        if (!modules.has(codeKey)) modules.set(codeKey, new WebAssembly.Module(module));
      }
    }
  };
  const times: CompileTime[] = [];
  for (const [index, [what]] of places.entries())
    times.push({ what, milliseconds: await measure(() => compileAll([texts[index]!]), 41), most: 5 });
  for (const [index, [what]] of places.entries()) {
    const [code, modules] = [new Map(), new Map()];
    const again = () => compileAll([texts[index]!], code, modules);
    times.push({ what: `${what}, its code known`, milliseconds: await measure(again, 41), most: 1 });
  }
  const varied = texts.map((text) => ({ ...text, variations }));
  times.push({
    what: "all nine, each with 20 variations of its weight",
    milliseconds: await measure(() => compileAll(varied), 3),
    most: 50,
  });
  const [code, modules] = [new Map(), new Map()];
  let changes = 0;
  times.push({
    what: "all nine, each with 20 variations, with another binning",
    milliseconds: await measure(() => compileAll(withOtherBinning(varied, ++changes), code, modules), 11),
    most: 50,
  });
  return times;
}

/** The queries with other ends of their axes for each number, so that they differ from earlier ones but need no other code. */
function withOtherBinning(texts: readonly object[], number: number): readonly object[] {
  const changed = structuredClone(texts) as { histograms: Record<string, { axes: { upper: number }[] }> }[];
  for (const { histograms } of changed)
    for (const { axes } of Object.values(histograms)) for (const axis of axes) axis.upper *= 1 + number / 1000;
  return changed;
}

async function measure(work: () => Promise<void>, times: number): Promise<number> {
  for (let time = 0; time < times; time++) await work();
  const measured: number[] = [];
  for (let time = 0; time < times; time++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    measured.push((user + system) / 1000);
  }
  return median(measured);
}
