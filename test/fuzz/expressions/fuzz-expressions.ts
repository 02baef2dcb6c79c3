/**
 * Tries expressions of the language, and broken ones. Accepted ones must give the same values as a plain interpreter of the rules. The others must be refused
 * by a `QueryError` that names the place. Nothing else may be thrown.
 */
import { QueryError } from "../../../engine/query/query-error.ts";
import { ScratchExhausted } from "../../../engine/run/run-program.ts";
import {
  byTheRules,
  type ComparedDataset,
  compareQuery,
  evaluateCase,
  makeComparedDataset,
} from "../../support/engine/compare-expressions.ts";
import { type ExpressionCase, generateCase } from "../../support/engine/random/generate-case.ts";
import { leaf } from "../../support/engine/random/piece.ts";
import { prepareReaders } from "../../support/engine/read-values.ts";
import { type Seeded, seeded } from "../../support/seeded.ts";
import { type Fuzzer, measureMemory } from "../fuzzer.ts";
import { babble, breakText } from "./break-text.ts";

/** Inputs over one dataset, which a seed of their own repeats. */
const batchSize = 50;
const mostFaults = 20;
/** Milliseconds of the processor that no input may take. */
const longest = 10_000;
/** The most milliseconds of that for checking and compiling, and the most bytes for it if no garbage is collected meanwhile. */
const longestPreparation = 1_000;
const mostPreparation = 64 * 2 ** 20;

type Outcome = "right" | "refused" | "too long to read" | "too large for the scratch";

export const fuzzExpressions: Fuzzer = {
  what: "expressions of the query language: the values of those that are accepted, and the refusal of the others",
  async run({ seed, count, tell }) {
    const outcomes: Record<string, number> = {};
    const faults: string[] = [];
    const worst: Worst = { milliseconds: 0, bytes: 0, slowest: "", largest: "" };
    let before: number | undefined;
    let isWarm = false;
    for (let first = 0; first < count && faults.length < mostFaults; first += batchSize) {
      if (!isWarm && first >= count / 10) {
        isWarm = true;
        before = measureMemory();
      }
      const batch = seed + first / batchSize;
      const random = seeded(batch);
      const dataset = makeComparedDataset(random, random.chance(0.7));
      const known = Array.from({ length: 10 }, (_, index) => generateCase(random, { missing: true, prefix: `d${index}_` }));
      for (let input = first; input < Math.min(first + batchSize, count); input++) {
        const expression = makeInput(random, known);
        const started = process.cpuUsage();
        try {
          const outcome = tryExpression(expression, dataset, random, worst);
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          const { user, system } = process.cpuUsage(started);
          if (user + system > 1000 * longest) throw new Error(`it took ${(user + system) / 1e6} s of the processor`);
        } catch (error) {
          const reason = error instanceof Error ? error.stack : error;
          faults.push(`--seed ${batch} --count ${batchSize}: ${JSON.stringify(textsOf(expression))}\n${reason}`);
        }
      }
      if ((first / batchSize) % 200 === 199) tell(`${first + batchSize} of ${count}`);
      // The runtime frees what modules of WebAssembly held in turns of its own.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const after = measureMemory();
    tell(`longest to check and compile: ${worst.milliseconds.toFixed(0)} ms of the processor, ${worst.slowest}`);
    tell(`most memory for it: ${(worst.bytes / 2 ** 20).toFixed(1)} MiB, ${worst.largest}`);
    return { outcomes, faults, ...(before !== undefined && after !== undefined && { growth: after - before }) };
  },
};

/** The most that checking and compiling took. */
interface Worst {
  milliseconds: number;
  bytes: number;
  slowest: string;
  largest: string;
}

function measured(expression: ExpressionCase, worst: Worst, prepare: () => unknown): void {
  const before = process.memoryUsage();
  const started = process.cpuUsage();
  let refusal: unknown;
  try {
    prepare();
  } catch (error) {
    refusal = error;
  }
  const { user, system } = process.cpuUsage(started);
  const milliseconds = (user + system) / 1000;
  const after = process.memoryUsage();
  const bytes = after.heapUsed + after.external - before.heapUsed - before.external;
  const text = JSON.stringify(textsOf(expression)).slice(0, 2000);
  if (milliseconds > worst.milliseconds) Object.assign(worst, { milliseconds, slowest: text });
  if (bytes > worst.bytes) Object.assign(worst, { bytes, largest: text });
  if (milliseconds > longestPreparation) throw new Error(`checking and compiling took ${milliseconds} ms of the processor`);
  if (bytes > mostPreparation) throw new Error(`checking and compiling took ${bytes} bytes`);
  if (refusal !== undefined) throw refusal;
}

const textsOf = ({ defines, piece }: ExpressionCase) => [...defines.map((define) => `${define.name}: ${define.piece.text}`), piece.text];

function makeInput(random: Seeded, known: readonly ExpressionCase[]): ExpressionCase {
  const choice = random.fraction();
  if (choice < 0.25) return generateCase(random, { missing: true, prefix: "d_" });
  const { kind, defines, piece } = random.pick(known);
  if (choice > 0.9) return { kind, defines, piece: leaf(babble(random)) };
  const others = known.map((each) => each.piece.text);
  const broken = (text: string) => leaf(breakText(text, random, others));
  if (defines.length === 0 || random.chance(0.7)) return { kind, defines, piece: broken(piece.text) };
  const which = random.below(defines.length);
  return {
    kind,
    piece,
    defines: defines.map((define, index) => (index === which ? { ...define, piece: broken(define.piece.text) } : define)),
  };
}

/** Throws where anything is other than it must be. */
function tryExpression(expression: ExpressionCase, dataset: ComparedDataset, random: Seeded, worst: Worst): Outcome {
  for (const kind of ["number", "boolean", "numbers"] as const) {
    try {
      return tryKind({ ...expression, kind }, dataset, random, worst);
    } catch (error) {
      if (error instanceof QueryError) checkRefusal(error, expression);
      else throw error;
    }
  }
  return "refused";
}

/** Throws `QueryError` if the expression is refused as one of this kind. */
function tryKind(expression: ExpressionCase, dataset: ComparedDataset, random: Seeded, worst: Worst): Outcome {
  const { kind, piece } = expression;
  const defines = Object.fromEntries(expression.defines.map((define) => [define.name, define.piece.text]));
  measured(expression, worst, () => prepareReaders([{ kind, text: piece.text }], dataset, { defines }));
  const known = evaluateCase(dataset, expression, byTheRules);
  if (!known) return "too long to read";
  try {
    compareQuery([known], dataset, random);
    return "right";
  } catch (error) {
    if (error instanceof Error && error.cause instanceof ScratchExhausted) return "too large for the scratch";
    throw error;
  }
}

/** Every issue has a place in the query, and those of expressions one in the text. */
function checkRefusal({ issues }: QueryError, expression: ExpressionCase): void {
  if (issues.length === 0) throw new Error("it was refused without an issue");
  for (const { at, message, line, column } of issues) {
    const define = /^\/define\/(.*)$/.exec(at)?.[1];
    const text = expression.defines.find(({ name }) => name === define)?.piece.text ?? expression.piece.text;
    const lines = text.split("\n");
    const isInText = line === undefined || (define !== undefined && line <= lines.length && column! <= lines[line - 1].length + 1);
    if (!message || (define !== undefined && !isInText))
      throw new Error(`the refusal has no place in the text: ${JSON.stringify({ at, message, line, column })}`);
  }
}
