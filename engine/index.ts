/**
 * The engine by itself: queries over flat columns in shared memory. Pure: no files, no network, no host.
 *
 *   readQuery → planQuery → compileProgram → runProgram, once for each partition → Merger → writeUhi
 */
export { compileProgram } from "./compile/compile-program.ts";
export type { Input } from "./inputs.ts";
export { Merger } from "./merge.ts";
export { DamagedPartial, decodePartial, encodePartial, type Partial, type PartialHistogram } from "./partial.ts";
export { type PlannedQuery, planQuery } from "./plan-query.ts";
export { engineVersion, type Program, programKey } from "./program.ts";
export { canonicalQuery, limits, type Query, readQuery } from "./query.ts";
export { QueryError, type QueryIssue } from "./query-error.ts";
export { computePartial, type RunRequest, RunStopped, runProgram, ScratchExhausted, workBytes } from "./run-program.ts";
export type { Column, DType, Schema } from "./schema.ts";
export type { UhiHistogram } from "./uhi.ts";
export { writeUhi } from "./write-uhi.ts";
