/**
 * `npm run fuzz -- NAME --seed N --count N` tries random inputs, most of them broken, and ends with code 1 where something came of one
 * that should not have. The same seed repeats a run.
 */
import process from "node:process";
import { Command } from "commander";
import { fuzzExpressions } from "./expressions/fuzz-expressions.ts";
import { type Fuzzer, mostGrowth } from "./fuzzer.ts";
import { fuzzHttp } from "./http/fuzz-http.ts";
import { fuzzParquet } from "./parquet/fuzz-parquet.ts";
import { fuzzRNTuple } from "./rntuple/fuzz-rntuple.ts";
import { fuzzRoot } from "./root/fuzz-root.ts";

const fuzzers: Readonly<Record<string, Fuzzer>> = {
  expressions: fuzzExpressions,
  http: fuzzHttp,
  parquet: fuzzParquet,
  rntuple: fuzzRNTuple,
  root: fuzzRoot,
};

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`a whole number is required, current value is ${text}`);
  return value;
};

const program = new Command("fuzz").description("random inputs, most of them broken, for faults that nobody thought of");
for (const [name, fuzzer] of Object.entries(fuzzers)) {
  program
    .command(name)
    .description(fuzzer.what)
    .option("--seed <N>", "of everything that is random", whole, Date.now() % 1_000_000)
    .option("--count <N>", "how many inputs", whole, 10_000)
    .action((options: { readonly seed: number; readonly count: number }) => run(name, fuzzer, options));
}
await program.parseAsync();

async function run(name: string, fuzzer: Fuzzer, { seed, count }: { readonly seed: number; readonly count: number }): Promise<void> {
  process.stderr.write(`seed ${seed}; ${count} inputs\n`);
  const { outcomes, faults, growth } = await fuzzer.run({ seed, count, tell: (text) => process.stderr.write(`${text}\n`) });
  for (const fault of faults) console.log(`FAULT ${fault}\n`);
  for (const [outcome, times] of Object.entries(outcomes)) console.log(`${outcome}: ${times}`);
  if (growth !== undefined) console.log(`growth after the first tenth: ${(growth / 2 ** 20).toFixed(1)} MB`);
  const isGrowing = growth !== undefined && growth > mostGrowth;
  if (faults.length === 0 && !isGrowing) return;
  console.log(`To repeat: npm run fuzz -- ${name} --seed ${seed} --count ${count}`);
  process.exitCode = 1;
}
