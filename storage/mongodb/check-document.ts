/**
 * Checks that documents have the form that the store writes: somebody may have changed one by hand, or use the database for something else, too. Every
 * document is checked before use, so that a wrong one harms nothing else.
 */
import { Binary } from "mongodb";

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isDate: Check = (value) => value instanceof Date && !Number.isNaN(value.getTime());
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const isJson: Check = (value) => {
  try {
    JSON.parse(value as string);
    return isText(value);
  } catch {
    return false;
  }
};
/** The number of pieces of the largest possible body. */
const mostPieces = 512;
const isSplit: Check = (value) => isFields(value) && isText(value.set) && isCount(value.count) && (value.count as number) <= mostPieces;
const isBinary: Check = (value) => value instanceof Binary;

const body: Readonly<Record<string, Check>> = {
  _id: isText,
  size: isCount,
  digest: isBinary,
  body: orAbsent(isBinary),
  split: orAbsent(isSplit),
  note: orAbsent(isJson),
  used: isDate,
};
const allFields = Object.keys(body);
const listedQuery = {
  _id: isText,
  planKey: isText,
  created: isDate,
  used: isDate,
  dataset: isText,
  name: orAbsent(isText),
  priority: isCount,
};
const dataset = {
  _id: isText,
  pattern: isText,
  registered: isDate,
  by: isText,
  held: (value: unknown) => typeof value === "boolean",
  revision: isCount,
};
const content = { files: isCount, partitions: isCount, entries: isCount, bytes: isCount, columns: isCount, fingerprint: isText };

const fits = (value: unknown, checks: Readonly<Record<string, Check>>): boolean =>
  isFields(value) && Object.entries(checks).every(([field, check]) => check(value[field]));

/** Checks a body's document; if only some fields were read, `fields` names these. */
export const isBodyDocument = (document: object, fields: readonly string[] = allFields): boolean =>
  fields.every((field) => body[field]!((document as Fields)[field]));
export const isListedQuery = (document: unknown): boolean => fits(document, listedQuery);
export const isDataset = (document: unknown): boolean => fits(document, dataset);
export const isDatasetContent = (value: unknown): boolean => fits(value, content);

/** Logs each wrong document once. Its memory is bounded: after 1,000 documents, some may be logged again. */
export class WrongDocuments {
  readonly #log: { error(fields: Fields, message: string): void };
  readonly #told = new Set<string>();

  constructor(log: { error(fields: Fields, message: string): void }) {
    this.#log = log;
  }

  tell(collection: string, key: unknown, message: string): void {
    const name = `${collection} ${String(key)}`;
    if (this.#told.has(name)) return;
    if (this.#told.size >= 1_000) this.#told.clear();
    this.#told.add(name);
    this.#log.error({ collection, key }, message);
  }
}
