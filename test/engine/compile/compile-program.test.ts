import assert from "node:assert/strict";
import { test } from "node:test";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { QueryError } from "../../../engine/query/query-error.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { numberFunctions } from "../../support/engine/reference-functions.ts";
import { runQuery } from "../../support/engine/run-query.ts";
import { describeIssue, findIssues, histogramOf } from "../../support/find-issues.ts";

const numbers = Array.from({ length: 41 }, (_, x) => ({ x, flag: x % 3 === 0, list: [x, x / 2, 1] }));
const dataset = makeDataset(numbers);

/** d0 to d<count − 1>, each made of the one before it. */
const chain = (count: number, first: string, next: (before: string, index: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, index === 0 ? first : next(`d${index - 1}`, index)]));

/** The last of the chain for each event: each event fills a cell of its own with it. */
function lastOf(define: Readonly<Record<string, string>>): readonly number[] {
  const axis = { type: "regular", bins: numbers.length, lower: 0, upper: numbers.length, value: "x" };
  const last = Object.keys(define).at(-1)!;
  return Array.from(runQuery({ define, histograms: { h: { axes: [axis], weight: last } } }, dataset).histogram("h").contents.values).slice(
    1,
    -1,
  );
}

function bytesOf(define: Readonly<Record<string, string>>): number {
  const query = readQuery({ dataset: "test", define, histograms: { h: histogramOf(Object.keys(define).at(-1)!) } });
  return compileProgram(makeProgram(query, dataset.schema).terms, dataset.schema).length;
}

test("compileProgram writes what is used twice once, so that doubling defines stay small", () => {
  const define = chain(400, "x", (before) => `${before} + ${before}`);
  assert(bytesOf(define) < 10_000);
  assert.deepEqual(
    lastOf(define),
    numbers.map(({ x }) => x * 2 ** 399),
  );
});

test("compileProgram keeps code small where both sides of each choice use the same", () => {
  const define = chain(60, "x", (before, index) => `x > ${index % 40} ? sqrt(${before}) + 1 : hypot(${before}, 1)`);
  assert(bytesOf(define) < 100_000);
  const expected = numbers.map(({ x }) => {
    let value = x;
    for (let index = 1; index < 60; index++) value = x > index % 40 ? Math.sqrt(value) + 1 : numberFunctions.hypot(value, 1);
    return value;
  });
  assert.deepEqual(lastOf(define), expected);
});

test("compileProgram keeps code small where both sides of && and || use the same", () => {
  const conditions = chain(40, "flag", (before, index) => `(x > ${index} && sin(${before} ? 1 : 2) > 0) || cos(${before} ? 3 : 2) > -0.5`);
  const define = { ...conditions, value: "d39 ? 1 : 2" };
  assert(bytesOf(define) < 100_000);
  const expected = numbers.map(({ x, flag }) => {
    let value = flag;
    for (let index = 1; index < 40; index++) value = (x > index && Math.sin(value ? 1 : 2) > 0) || Math.cos(value ? 3 : 2) > -0.5;
    return value ? 1 : 2;
  });
  assert.deepEqual(lastOf(define), expected);
});

test("compileProgram refuses, as the query's fault, lists that would make the code grow without end", () => {
  const define = chain(40, "list", (before) => `${before}.pairs().map((a, b) => a * b)`);
  const query = readQuery({ dataset: "test", define, histograms: { h: histogramOf("d39") } });
  const { terms } = makeProgram(query, dataset.schema);
  assert.throws(
    () => compileProgram(terms, dataset.schema),
    (error) => error instanceof QueryError && /^\/histograms: the query is too large/.test(error.message),
  );
});

test("compileProgram refuses a histogram of more code than engines compile in little memory, and says how much fits", () => {
  const sum = (count: number) =>
    Array.from({ length: count }, (_, index) => `(list.filter(v => v > ${index}).pairs().map((a, b) => sin(a) * b).max() ?? 0)`).join(
      " + ",
    );
  const compile = (count: number) =>
    compileProgram(
      makeProgram(readQuery({ dataset: "test", histograms: { h: histogramOf(sum(count)) } }), dataset.schema).terms,
      dataset.schema,
    );
  assert(compile(40).length < 100_000);
  assert.throws(
    () => compile(100),
    (error) => {
      assert(error instanceof QueryError);
      assert.match(
        error.message,
        /^\/histograms: the query is too large: with the filters, a histogram may take 96 kB of code, .* some 40 different loops/,
      );
      return true;
    },
  );
});

test("compileProgram writes valid modules for the largest queries", () => {
  const histograms = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`h${index}`, histogramOf(`sin(x * ${index}) + list.filter(v => v > ${index}).length ** 2`)]),
  );
  const { terms } = makeProgram(readQuery({ dataset: "test", filter: new Array(200).fill("x > 1 && flag"), histograms }), dataset.schema);
  assert(WebAssembly.validate(compileProgram(terms, dataset.schema)));
});

test("makeProgram refuses expressions that become too deep through defines, at the define", () => {
  const define = chain(20, "x", (before) => `${"sqrt(".repeat(150)}${before}${")".repeat(150)}`);
  const [issue] = findIssues({ define, histograms: { h: histogramOf("d19") } }, dataset.schema);
  assert.match(describeIssue(issue), /^\/define\/d7 the query's expressions are nested too deeply: .* more than 1000 levels/);
});

test("makeProgram refuses queries of too many different parts", () => {
  const sum = (index: number) => Array.from({ length: 300 }, (_, term) => `x * ${index * 1000 + term}`).join(" + ");
  const define = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`d${index}`, sum(index)]));
  const [issue] = findIssues({ define, histograms: { h: histogramOf("x") } }, dataset.schema);
  assert.match(describeIssue(issue), /^\/define\/d\d+ the query is too large: its expressions have more than 5000 different parts/);
});
