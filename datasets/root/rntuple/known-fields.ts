/**
 * What the schemas of RNTuples mean, by their bytes. Files of a dataset mostly have the same schema, and working it out costs more than everything else
 * in a small file. Those that were met last are kept.
 */
import { Buffer } from "node:buffer";
import { type DescribedField, describeFields } from "./describe-fields.ts";
import { EnvelopeReader } from "./envelope-reader.ts";
import { checkSchema, type NtupleSchema, type PhysicalColumn, readSchema } from "./schema.ts";

export interface KnownFields {
  readonly fields: readonly DescribedField[];
  readonly columns: readonly PhysicalColumn[];
}

interface Kept extends KnownFields {
  /** The schema in the header, and what the footer adds to it. */
  readonly header: Uint8Array;
  readonly footer: Uint8Array;
}

const mostKept = 4;
/** The latest one first. */
let kept: readonly Kept[] = [];

/** Reads the rest of both: the schema in the header, and what the footer adds to it. Throws an `Error` if they make no sense. */
export function readFields(headerReader: EnvelopeReader, footerReader: EnvelopeReader): KnownFields {
  const header = headerReader.bytes(headerReader.left);
  const footer = footerReader.bytes(footerReader.left);
  const known = kept.find((each) => Buffer.compare(each.header, header) === 0 && Buffer.compare(each.footer, footer) === 0);
  const latest = known ?? { header: header.slice(), footer: footer.slice(), ...parse(header, footer) };
  kept = [latest, ...kept.filter((each) => each !== latest)].slice(0, mostKept);
  return latest;
}

function parse(header: Uint8Array, footer: Uint8Array): KnownFields {
  const schema: NtupleSchema = { fields: [], columns: [], aliases: [] };
  readSchema(new EnvelopeReader(header), schema);
  readSchema(new EnvelopeReader(footer), schema);
  checkSchema(schema);
  return { fields: describeFields(schema), columns: schema.columns };
}
