/**
 * A collection of bodies by key. A document has `_id` (the key), `size`, `digest`, `body` or `split`, `note`, `used`, `expires`, and fields to find it by.
 *
 * Guarantees: a body is read as it was stored, or not at all; if it or its document is damaged, this is logged and it is removed. Every call may be
 * carried out twice without harm.
 */

import { createHash } from "node:crypto";
import { Binary, type Collection, type Filter } from "mongodb";
import pMap from "p-map";
import { groupsOf } from "../../base/groups-of.ts";
import { settleAll } from "../../base/settle-all.ts";
import type { Inserted, StoredBody } from "../store.ts";
import { StoreError } from "../store-error.ts";
import type { Description, Entry, Table } from "../table.ts";
import { isBodyDocument } from "./check-document.ts";
import type { Connection } from "./connection.ts";
import { isDuplicateKey } from "./explain-error.ts";
import { InsertBatches } from "./insert-batches.ts";
import { type AccessTimes, LastAccess, type Used } from "./last-access.ts";
import { dropPieces, getPieces, type PieceDocument, pieceBytes, pieceKeys, putPieces, type Split } from "./split-body.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface BodyDocument extends Used {
  readonly size: number;
  /** The first 16 bytes of the body's SHA-256. */
  readonly digest: Binary;
  readonly body?: Binary;
  readonly split?: Split;
  /** JSON. */
  readonly note?: string;
}

/** A document without its body. */
export type Head = Pick<BodyDocument, "_id" | "size" | "used" | "split">;

/** Fields to find documents by, which also help people who look at the collection. */
export type Fields = Readonly<Record<string, string | number | Date | readonly string[]>>;

const headOnly = { _id: 1, size: 1, used: 1, split: 1 } as const;
/** The most keys of one call, since some servers compare every document with the whole list. */
const keysPerCall = 200;
const callsAtOnce = 8;
const bodiesPerCall = 64;
const mostTries = 5;

export interface BodyTableOptions {
  readonly name: string;
  readonly times: AccessTimes;
  /** Selects the parts of an entry's note that become fields of its document. */
  readonly fieldsOf?: (note: unknown) => Fields;
  /** Called when a damaged body was removed. */
  readonly onLost?: () => void;
}

export class BodyTable implements Table {
  readonly collection: Collection<BodyDocument>;
  readonly access: LastAccess;
  readonly #connection: Connection;
  readonly #pieces: { readonly collection: Collection<PieceDocument>; readonly access: LastAccess };
  readonly #inserts: InsertBatches<BodyDocument>;
  readonly #options: BodyTableOptions;

  constructor(connection: Connection, options: BodyTableOptions) {
    const { name, times } = options;
    this.#connection = connection;
    this.#options = options;
    this.collection = connection.collection<BodyDocument>(name);
    this.access = new LastAccess(connection, this.collection as unknown as Collection<Used>, times);
    const pieces = connection.collection<PieceDocument>("pieces");
    this.#pieces = { collection: pieces, access: new LastAccess(connection, pieces as unknown as Collection<Used>, times) };
    this.#inserts = new InsertBatches(connection, this.collection);
  }

  /** Stores bodies whose keys are free; the first body under a key stays. The caller bounds their total size. */
  async insert(entries: readonly Entry[]): Promise<readonly (Inserted | StoreError)[]> {
    const outcomes: Inserted[] = [];
    let open: readonly number[] = [...entries.keys()];
    for (let tries = 0; open.length > 0; tries++) {
      if (tries === mostTries) throw keysTaken(entries[open[0]!]!.key);
      const documents = await Promise.all(open.map(async (index) => ({ index, document: await this.#write(entries[index]!) })));
      const taken: typeof documents = [];
      const insert = async (each: (typeof documents)[number]) => {
        if (await this.#inserts.insert(each.document, each.document.split ? 0 : each.document.size)) outcomes[each.index] = "inserted";
        else taken.push(each);
      };
      await settleAll(documents.map(insert));
      const keys = taken.map(({ document }) => document._id);
      const stored = new Map((await this.#look(keys, { size: 1, digest: 1, split: 1 })).map((found) => [found._id, found]));
      for (const { index, document } of taken) {
        const found = stored.get(document._id);
        if (found) outcomes[index] = found.size === document.size && isSame(found.digest, document.digest) ? "same" : "different";
      }
      // If an answer was lost and the call repeated, the stored document is our own first one; its pieces must stay.
      await this.#dropPieces(
        taken.flatMap(({ document }) => (stored.get(document._id)?.split?.set === document.split?.set ? [] : document)),
      );
      // If a key was taken but has no document now, the document was removed in between, and the body is inserted again.
      open = taken.flatMap(({ index, document }) => (stored.has(document._id) ? [] : [index]));
    }
    return outcomes;
  }

  /** Stores a body in place of any earlier one under its key. */
  async replace(entry: Entry): Promise<void> {
    const { _id, ...document } = await this.#write(entry);
    const options = { upsert: true, projection: { split: 1 } } as const;
    const replace = () => this.collection.findOneAndReplace({ _id }, document, options);
    const replaced = await this.#connection.write("store a record", () =>
      replace().catch((error: unknown) => {
        // When two processes write a new key at once, the second one finds it taken.
        if (isDuplicateKey(error)) return replace();
        throw error;
      }),
    );
    // If an answer was lost and the call repeated, the replaced document is our own; its pieces must stay.
    if (replaced?.split && replaced.split.set !== document.split?.set) await this.#dropPieces([replaced]);
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, StoredBody>> {
    const found = new Map<string, StoredBody>();
    for (const some of groupsOf(keys, bodiesPerCall)) {
      const filter = { _id: { $in: some } };
      const call = () => this.collection.find(filter, { limit: bodiesPerCall, batchSize: bodiesPerCall }).toArray();
      for (const document of await this.#connection.read("read bodies", call)) {
        const bytes = await this.open(document);
        if (bytes) found.set(document._id, { bytes, ...noteOf(document) });
      }
    }
    return found;
  }

  /** The body of a document that was read with all fields; renews its last use. Undefined if it is damaged. */
  async open(document: BodyDocument): Promise<Bytes | undefined> {
    try {
      const body = isBodyDocument(document) && (await this.#readBody(document));
      if (body && isSame(document.digest, digestOf(body))) {
        this.touch(document, document.used);
        return body;
      }
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== "damaged") throw error;
    }
    await this.#lose(document);
    return undefined;
  }

  async #lose({ _id, split }: Pick<BodyDocument, "_id" | "split">): Promise<void> {
    const where = { collection: this.collection.collectionName, key: _id };
    this.#connection.log.error(where, "a stored body is damaged; it is removed, to be computed again");
    const pieces = isBodyDocument({ split }, ["split"]) ? split : undefined;
    await this.#remove([{ _id, size: 0, used: new Date(0), ...(pieces && { split: pieces }) }]);
    this.#options.onLost?.();
  }

  async find(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const heads = await this.#look(keys, headOnly);
    for (const head of heads) this.touch(head, head.used);
    return new Set(heads.map(({ _id }) => _id));
  }

  async describe(keys: readonly string[]): Promise<ReadonlyMap<string, Description>> {
    const found = await this.#look(keys, { size: 1, note: 1 });
    return new Map(found.map((document) => [document._id, { size: document.size, ...noteOf(document) }]));
  }

  async renew(keys: readonly string[]): Promise<void> {
    await this.find(keys);
  }

  /** The documents used least recently, among those last used before this time. */
  async oldest(before: Date, limit: number): Promise<readonly Head[]> {
    const options = { projection: headOnly, limit, batchSize: limit, sort: { used: 1, size: 1, _id: 1 } } as const;
    // Only documents with a text as key are ours; others stay.
    const filter = { used: { $lt: before }, _id: { $gte: "" } };
    const heads = await this.#connection.read("look for bodies", () => this.collection.find(filter, options).toArray());
    return heads.map((head) => (isBodyDocument(head, Object.keys(headOnly)) ? head : { _id: head._id, size: 0, used: head.used }));
  }

  async settled(): Promise<void> {
    await Promise.all([this.access.settled(), this.#pieces.access.settled()]);
  }

  async drop(keys: readonly string[]): Promise<number> {
    return (await this.remove(keys)).length;
  }

  /** Removes the documents with these keys; returns the removed ones. */
  async remove(keys: readonly string[]): Promise<readonly Head[]> {
    return this.#remove(await this.#look(keys, headOnly));
  }

  /** Removes these documents unless they were used since; returns the removed ones. */
  evict(heads: readonly Head[]): Promise<readonly Head[]> {
    return this.#remove(heads, { used: { $lte: new Date(Math.max(...heads.map(({ used }) => used.getTime()))) } });
  }

  async #remove(heads: readonly Head[], condition: Filter<BodyDocument> = {}): Promise<readonly Head[]> {
    const gone: Head[] = [];
    for (const some of groupsOf(heads, keysPerCall)) {
      const keys = some.map(({ _id }) => _id);
      const filter = { _id: { $in: keys }, ...condition };
      const { deletedCount } = await this.#connection.write("remove bodies", () => this.collection.deleteMany(filter));
      // A body that was stored again meanwhile has pieces of its own, which stay.
      const stayed = deletedCount === some.length ? [] : await this.#look(keys, headOnly);
      const left = some.filter(({ _id, split }) => !stayed.some((head) => head._id === _id && head.split?.set === split?.set));
      await this.#dropPieces(left);
      gone.push(...left);
    }
    return gone;
  }

  /** Reads parts of the documents with these keys, never their bodies. Malformed documents are removed. */
  async #look(keys: readonly string[], projection: Partial<Record<keyof BodyDocument, 1>>): Promise<readonly BodyDocument[]> {
    const options = { projection, limit: keysPerCall, batchSize: keysPerCall };
    const look = (some: readonly string[]) => {
      const filter = { _id: { $in: some } };
      return this.#connection.read("look for bodies", () => this.collection.find(filter, options).toArray());
    };
    const found = (await pMap(groupsOf(keys, keysPerCall), look, { concurrency: callsAtOnce })).flat();
    const fields = Object.keys(projection);
    const isWhole = (document: BodyDocument) => isBodyDocument(document, fields);
    if (found.every(isWhole)) return found;
    for (const document of found) if (!isWhole(document)) await this.#lose(document);
    return found.filter(isWhole);
  }

  #dropPieces(documents: readonly Pick<BodyDocument, "split">[]): Promise<void> {
    const splits = documents.flatMap(({ split }) => split ?? []);
    return dropPieces(this.#connection, this.#pieces.collection, splits);
  }

  /** Notes that a document is used. This is written later; if the last written use is known (`before`), at most once an hour. */
  touch({ _id, split }: Pick<Head, "_id" | "split">, before?: Date): void {
    this.access.note(_id, before);
    for (const key of split ? pieceKeys(split) : []) this.#pieces.access.note(key, before);
  }

  async #write({ key, body, note }: Entry): Promise<BodyDocument> {
    const stamp = this.access.stamp();
    const split = body.length > pieceBytes && (await putPieces(this.#connection, this.#pieces.collection, { body, stamp }));
    const content = split ? { split } : { body: new Binary(body) };
    const noted = note === undefined ? {} : { note: JSON.stringify(note), ...this.#options.fieldsOf?.(note) };
    return { _id: key, ...noted, size: body.length, digest: new Binary(digestOf(body)), ...content, ...stamp };
  }

  #readBody({ body, split, size }: BodyDocument): Promise<Bytes> | Bytes {
    if (split) return getPieces(this.#connection, this.#pieces.collection, { split, size });
    return new Uint8Array(body?.value() ?? []);
  }
}

function noteOf({ note }: Pick<BodyDocument, "note">): { readonly note?: unknown } {
  return note === undefined ? {} : { note: JSON.parse(note) };
}

function keysTaken(key: string): StoreError {
  const message = `Cannot store a body under ${key}: MongoDB says that the key is taken, and has no document under it`;
  return new StoreError("unavailable", `${message}; are its indexes damaged?`);
}

function digestOf(body: Uint8Array): Uint8Array {
  return createHash("sha256").update(body).digest().subarray(0, 16);
}

function isSame(stored: Binary | undefined, digest: Binary | Uint8Array): boolean {
  if (stored === undefined) return false;
  return Buffer.compare(stored.value(), digest instanceof Uint8Array ? digest : digest.value()) === 0;
}
