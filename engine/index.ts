/**
 * The engine by itself: queries over flat columns in shared memory. Pure: no files, no network, no host.
 *
 *   readQuery → makeProgram → compileProgram → runProgram, once for each partition → Merger → writeUhi
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
export { computePartial, type RunRequest, RunStopped, runProgram, ScratchExhausted, workBytes } from "./run/run-program.ts";
