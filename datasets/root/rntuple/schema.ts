/** Reads the fields and columns that header and footer describe. */
import type { EnvelopeReader } from "./envelope-reader.ts";

/** The structural roles of fields. */
export const roles = { leaf: 0, collection: 1, record: 2, variant: 3, streamer: 4 } as const;

export interface Field {
  readonly name: string;
  readonly type: string;
  /** The index of the field that this one is part of; its own index for a top field. */
  readonly parent: number;
  readonly role: number;
  /** The length of an array; 0 for a field that is no array. */
  readonly repetition: number;
  /** Whether it shows the columns of another field. */
  readonly isProjected: boolean;
}

/** A column, or one of several forms of it: in each cluster one form of a field's columns has pages. */
export interface PhysicalColumn {
  /** The index among all columns, which is also the order of their pages. */
  readonly id: number;
  readonly field: number;
  readonly type: number;
  readonly bits: number;
  readonly representation: number;
  /** Whether it was added while the file was written. Its first elements are then 0 and not stored. */
  readonly isDeferred: boolean;
  readonly range?: readonly [number, number];
}

export interface NtupleSchema {
  readonly fields: Field[];
  readonly columns: PhysicalColumn[];
  /** The columns of projected fields. */
  readonly aliases: { readonly field: number; readonly column: number }[];
}

const fieldFlags = { repetitive: 1, projected: 2, checksum: 4 } as const;
const columnFlags = { deferred: 1, range: 2 } as const;
const frameBytes = 8;

/** Appends the fields and columns of the header or the footer. The footer only has those that were added later. */
export function readSchema(reader: EnvelopeReader, { fields, columns, aliases }: NtupleSchema): void {
  for (const record of recordsOf(reader)) fields.push(readField(record));
  for (const record of recordsOf(reader)) columns.push(readColumn(record, columns.length));
  for (const record of recordsOf(reader)) aliases.push({ column: record.u32(), field: record.u32() });
  // Extra information on types is not needed.
  reader.list(0);
}

/** Throws if fields and columns do not fit together. */
export function checkSchema({ fields, columns, aliases }: NtupleSchema): void {
  for (const [index, { parent }] of fields.entries()) {
    if (parent > index) throw new Error(`field ${index} is said to be part of field ${parent}, which comes after it`);
  }
  for (const { field } of [...columns, ...aliases]) {
    if (field >= fields.length) throw new Error(`a column belongs to field ${field} of ${fields.length}`);
  }
  for (const { column } of aliases) {
    if (column >= columns.length) throw new Error(`a projected field shows column ${column} of ${columns.length}`);
  }
}

function* recordsOf(reader: EnvelopeReader): Generator<EnvelopeReader> {
  const { items, count } = reader.list(frameBytes);
  for (let index = 0; index < count; index++) yield items.record();
}

function readField(record: EnvelopeReader): Field {
  record.bytes(8);
  const [parent, role, flags] = [record.u32(), record.u16(), record.u16()];
  const [name, type] = [record.string(), record.string()];
  // Skips the type's alias and the description.
  record.string();
  record.string();
  const repetition = flags & fieldFlags.repetitive ? record.u64() : 0;
  return { name, type, parent, role, repetition, isProjected: (flags & fieldFlags.projected) !== 0 };
}

function readColumn(record: EnvelopeReader, id: number): PhysicalColumn {
  const [type, bits, field, flags, representation] = [record.u16(), record.u16(), record.u32(), record.u16(), record.u16()];
  const isDeferred = (flags & columnFlags.deferred) !== 0;
  // Skips the first element's index, which each cluster states, too.
  if (isDeferred) record.i64();
  const range = flags & columnFlags.range ? ([record.f64(), record.f64()] as const) : undefined;
  return { id, field, type, bits, representation, isDeferred, ...(range && { range }) };
}
