/** How long the ADL queries take from their text to a module, in processor time of a process that has compiled them before: medians, beside what they may take. */
import process from "node:process";
import { compilerOf } from "../../../engine/compile/compile-alike.ts";
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

export function compileTimes(schema: Schema): readonly CompileTime[] {
  const texts = places.map(([, file, histogram]) => readExample(file, histogram));
  const compileAll = (all: readonly object[]) => () => {
    for (const text of all) {
      const { variations, ...nominal } = makeProgram(readQuery(text), schema);
      const compile = compilerOf(schema);
      for (const one of [nominal, ...variations.values()]) new WebAssembly.Module(compile(one));
    }
  };
  const each = places.map(([name], index) => ({ what: name, milliseconds: measure(compileAll([texts[index]!]), 41), most: 5 }));
  const varied = compileAll(texts.map((text) => ({ ...text, variations })));
  return [...each, { what: "all nine, each with 20 variations of its weight", milliseconds: measure(varied, 3), most: 50 }];
}

function measure(work: () => void, times: number): number {
  for (let time = 0; time < times; time++) work();
  return median(
    Array.from({ length: times }, () => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }),
  );
}
