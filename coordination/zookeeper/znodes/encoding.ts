/** Encodes the content of znodes as bytes, and parses it. Malformed content is parsed as undefined, so that it is skipped and never trusted. */

import { Buffer } from "node:buffer";
import { subtaskKey } from "../../../base/subtask-key.ts";
import type { Node, NodeSupply, Subtask } from "../../coordinator.ts";
import { type Attempts, noAttempts } from "../../queue/claim-end.ts";
import type { Read } from "../../queue/demand.ts";
import { firstSegmentName, hashName, isFailedName } from "./layout.ts";

export const encodeJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function parseObject(data: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(data.toString());
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The content of a subtask's own znode; empty until an attempt at it has failed. */
export interface SubtaskBody {
  readonly attempts: Attempts;
  /** Its name below `failed` if it has failed. */
  readonly failed?: string;
}

const freshBody: SubtaskBody = { attempts: noAttempts };

export function encodeSubtaskBody({ attempts, failed }: SubtaskBody): Buffer {
  if (attempts === noAttempts && failed === undefined) return Buffer.alloc(0);
  return encodeJson({ attempts, ...(failed !== undefined && { failed }) });
}

/** Malformed content counts as no attempts, so that the subtask exists and is tried. */
export function parseSubtaskBody(data: Buffer): SubtaskBody {
  const { attempts, failed } = (data.length > 0 && parseObject(data)) || {};
  if (!isAttempts(attempts)) return freshBody;
  return { attempts, ...(typeof failed === "string" && isFailedName(failed) && { failed }) };
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

function isAttempts(value: unknown): value is Attempts {
  const { errors, lost, causes } = (value ?? {}) as Partial<Record<keyof Attempts, unknown>>;
  return isCount(errors) && isCount(lost) && Array.isArray(causes) && causes.every((cause) => typeof cause === "string");
}

export interface ClaimBody {
  readonly node: string;
  readonly instance: string;
}

export function parseClaimBody(data: Buffer): ClaimBody | undefined {
  const { node, instance } = parseObject(data) ?? {};
  return typeof node === "string" && typeof instance === "string" ? { node, instance } : undefined;
}

/**
 * Encodes what a subtask reads. This is the content of the znode of a failed one, and of a claim's entry below `held` once computing has begun (before, it is
 * empty).
 */
export const encodeRead = ({ dataset, columns }: Read): Buffer => encodeJson({ dataset, ...(columns && { columns }) });

/** Undefined if it is empty. */
export function parseRead(data: Buffer): Read | undefined {
  const { dataset, columns } = (data.length > 0 && parseObject(data)) || {};
  if (typeof dataset !== "string") return undefined;
  return { dataset, ...(isTexts(columns) && { columns }) };
}

export interface NodeBody extends Node {
  readonly instance: string;
  /** The summary of the columns in the node's memory, which `queue/holdings.ts` writes and reads. */
  readonly holdings?: string;
}

const nodeNumbers = ["threads", "cacheBytes", "cacheLimit", "running", "done", "failed", "since"] as const;

export function parseNodeBody(data: Buffer): NodeBody | undefined {
  const body = (parseObject(data) ?? {}) as Partial<NodeBody>;
  const isWhole = [body.id, body.host, body.instance].every((text) => typeof text === "string");
  if (body.task !== undefined && typeof body.task !== "string") return undefined;
  if (body.holdings !== undefined && typeof body.holdings !== "string") return undefined;
  if (body.quarantined !== undefined && !Number.isSafeInteger(body.quarantined?.until)) return undefined;
  return isWhole && nodeNumbers.every((name) => typeof body[name] === "number") ? (body as NodeBody) : undefined;
}

export function parseSupply(data: Buffer): NodeSupply | undefined {
  const { wanted, there, missing } = parseObject(data) ?? {};
  return isCount(wanted) && isCount(there) && isTexts(missing) ? ({ wanted, there, missing } as NodeSupply) : undefined;
}

/** A segment of a query: some subtasks of one program and one dataset, in their order. */
export interface Segment {
  readonly subtasks: readonly Subtask[];
  /** The hashes of the subtasks' keys, in the same order. */
  readonly hashes: readonly string[];
}

export function encodeSegment(subtasks: readonly Subtask[]): Buffer {
  const { programKey = "", dataset = "", columns, shape } = subtasks[0] ?? {};
  const rows = subtasks.map(({ partition, fingerprint, key }) =>
    key === subtaskKey(programKey, fingerprint) ? [partition, fingerprint] : [partition, fingerprint, key],
  );
  return encodeJson({ programKey, dataset, ...(columns && { columns }), ...(shape && { shape }), subtasks: rows });
}

export const parseSegment = (data: Buffer): Segment | undefined => readSegment(parseObject(data));

function readSegment({ programKey, dataset, columns, shape, subtasks }: Readonly<Record<string, unknown>> = {}): Segment | undefined {
  if (typeof programKey !== "string" || typeof dataset !== "string" || !Array.isArray(subtasks)) return undefined;
  if (columns !== undefined && !isTexts(columns)) return undefined;
  if (shape !== undefined && typeof shape !== "string") return undefined;
  const parsed: Subtask[] = [];
  for (const row of subtasks) {
    const [partition, fingerprint, key = subtaskKey(programKey, fingerprint)] = Array.isArray(row) ? row : [];
    if (!Number.isInteger(partition) || typeof fingerprint !== "string" || typeof key !== "string") return undefined;
    parsed.push({ key, programKey, fingerprint, dataset, partition, ...(columns && { columns }), ...(shape && { shape }) });
  }
  return { subtasks: parsed, hashes: parsed.map(({ key }) => hashName(key)) };
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((text) => typeof text === "string");

/** Describes the latest request if it made a query with few subtasks: the query's name, its first segment, and the name of that segment. */
export interface Latest {
  readonly query: string;
  readonly name: string;
  readonly segment: Segment;
}

const mostLatest = 4_096;
const noLatest = Buffer.alloc(0);

/** `segment` is the encoded segment. The result is empty if that is long. */
export function encodeLatest(query: string, segment: Buffer): Buffer {
  return segment.length > mostLatest ? noLatest : Buffer.from(`{"query":${JSON.stringify(query)},"segment":${segment}}`);
}

export function parseLatest(data: Buffer): Latest | undefined {
  const { query, segment: body } = parseObject(data) ?? {};
  if (typeof query !== "string" || typeof body !== "object" || body === null) return undefined;
  const segment = readSegment(body as Readonly<Record<string, unknown>>);
  const [first] = segment?.subtasks ?? [];
  return segment && first && { query, name: firstSegmentName(hashName(first.programKey)), segment };
}

/** Encodes the hashes of withdrawn subtasks. */
export const encodeHashes = (hashes: readonly string[]): Buffer => Buffer.from(hashes.join("\n"));
export const parseHashes = (data: Buffer): readonly string[] => data.toString().split("\n");
