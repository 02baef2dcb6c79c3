/**
 * The engine by itself: queries over flat columns in shared memory. Pure: no files, no network, no host.
 *
 *   readQuery → makeProgram → compileProgram → runProgram, once for each partition → Merger → writeUhi
 *
 * Columns are float32, float64, int32, uint32 or bool, in the caller's memory, as `Input` describes them. Energies are in the data's
 * unit, angles in radians. What is wrong with a query is a `QueryError` with every fault and its place, thrown by `readQuery`,
 * `makeProgram` and, for code that would be too large, `compileProgram`; a run ends with `RunStopped`, `ScratchExhausted` or `StepsExceeded`.
 *
 *   import { compileProgram, makeProgram, readQuery } from "femtoq/engine";
 *   const schema = { columns: [{ name: "x", dtype: "float64", nullable: false, lists: [] }], unsupported: [] } as const;
 *   const axis = { type: "regular", bins: 5, lower: 0, upper: 5, value: "sqrt(x)" };
 *   const { terms, program } = makeProgram(readQuery({ dataset: "memory", histograms: { root: { axes: [axis] } } }), schema);
 *   const module = new WebAssembly.Module(compileProgram(terms, schema));
 *
 * examples/run-engine.ts goes on from there to the filled histogram.
 */
export { compileProgram } from "./compile/compile-program.ts";
export { Merger } from "./histogram/merge.ts";
export { DamagedPartial, decodePartial, encodePartial, type PartialHistogram, type PartialResult } from "./histogram/partial.ts";
export type { UhiHistogram } from "./histogram/uhi.ts";
export { writeUhi } from "./histogram/write-uhi.ts";
export type { Input } from "./program/inputs.ts";
export { engineVersion, type Program, programKey } from "./program/program.ts";
export type { Column, DType, Schema } from "./program/schema.ts";
export { limits } from "./query/fields.ts";
export { makeProgram, type QueryProgram } from "./query/make-program.ts";
export { type CanonicalQuery, canonicalQuery, type Query, readQuery } from "./query/query.ts";
export { QueryError, type QueryIssue } from "./query/query-error.ts";
export { computePartial, type RunRequest, RunStopped, runProgram, ScratchExhausted, StepsExceeded, workBytes } from "./run/run-program.ts";
