/** Encodes programs, plans and queries as bytes. */
import type { ListedQuery, StoredProgram, StoredQuery } from "./store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export type QueryNote = Pick<ListedQuery, "planKey" | "created" | "query">;

export function encodeJson(value: unknown): Bytes {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function decodeJson<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}

/** Writes the length of the JSON (uint32, little-endian), the JSON, then the module. */
export function encodeProgram({ module, ...rest }: StoredProgram): Bytes {
  const json = encodeJson(rest);
  const bytes = new Uint8Array(4 + json.length + module.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  bytes.set(module, 4 + json.length);
  return bytes;
}

export function decodeProgram(bytes: Bytes): StoredProgram {
  const end = 4 + new DataView(bytes.buffer).getUint32(0, true);
  return { ...decodeJson<Omit<StoredProgram, "module">>(bytes.slice(4, end)), module: bytes.slice(end) };
}

/** The part of a query that lists show and filters compare. It is kept beside the query, so that listing reads no queries. */
export function noteOfQuery({ planKey, created, query: { dataset, name, priority } }: StoredQuery): QueryNote {
  return { planKey, created, query: { dataset, ...(name === undefined ? {} : { name }), priority } };
}
