/** Stored queries; listed by an index, the newest first, without reading bodies. */
import type { Collection, Filter } from "mongodb";
import type { QueryTable } from "../create-store.ts";
import { decodeJson, encodeJson, noteOfQuery, type QueryNote } from "../encode-records.ts";
import type { QueryFilter, StoredQuery } from "../store.ts";
import { BodyTable } from "./body-table.ts";
import { isListedQuery } from "./check-document.ts";
import type { Connection } from "./connection.ts";
import type { AccessTimes, Used } from "./last-access.ts";

type ListedDocument = Used & Pick<QueryNote, "planKey"> & QueryNote["query"] & { readonly created: Date };

const idsPerCall = 1000;
const listed = { planKey: 1, created: 1, dataset: 1, name: 1, priority: 1, used: 1 } as const;

export class MongoQueries implements QueryTable {
  readonly table: BodyTable;
  readonly #connection: Connection;
  readonly #listed: Collection<ListedDocument>;

  constructor(connection: Connection, times: AccessTimes) {
    this.#connection = connection;
    const fieldsOf = (note: unknown) => {
      const { planKey, created, query } = note as QueryNote;
      return { planKey, created: new Date(created), ...query };
    };
    this.table = new BodyTable(connection, { name: "queries", times, fieldsOf });
    this.#listed = connection.collection<ListedDocument>("queries");
  }

  put(query: StoredQuery): Promise<void> {
    return this.table.replace({ key: query.id, body: encodeJson(query), note: noteOfQuery(query) });
  }

  async get(id: string) {
    const document = await this.#connection.read("read a query", () => this.table.collection.findOne({ _id: id }));
    const bytes = document && (await this.table.open(document));
    return bytes ? { query: decodeJson<StoredQuery>(bytes), isStale: this.table.access.isOverdue(document.used) } : undefined;
  }

  async list({ before, limit, dataset, name }: QueryFilter) {
    const filter: Record<string, unknown> = {};
    if (dataset !== undefined) filter.dataset = dataset;
    if (name !== undefined) filter.name = { $regex: name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), $options: "i" };
    if (before) {
      const created = new Date(before.created);
      filter.$or = [{ created: { $lt: created } }, { created, _id: { $lt: before.id } }];
    }
    return (await this.#find(filter, limit)).map(({ _id: id, planKey, created, used, dataset, name, priority }) => ({
      id,
      planKey,
      created: created.getTime(),
      query: { dataset, ...(name === undefined ? {} : { name }), priority },
      lastAccess: used.getTime(),
    }));
  }

  /** Leaves out malformed documents, and logs them. */
  async #find(filter: Readonly<Record<string, unknown>>, limit: number): Promise<readonly ListedDocument[]> {
    const found: ListedDocument[] = [];
    for (let skip = 0; ; skip += limit) {
      const options = { projection: listed, sort: { created: -1, _id: -1 }, skip, limit, batchSize: limit } as const;
      const call = () => this.#listed.find(filter as Filter<ListedDocument>, options).toArray();
      const documents = await this.#connection.read("list queries", call);
      for (const document of documents) {
        if (isListedQuery(document)) found.push(document);
        else this.#connection.wrong.tell("queries", document._id, "a document is no query as the store writes it; it is left out of lists");
      }
      if (found.length >= limit || documents.length < limit) return found.slice(0, limit);
    }
  }

  async dropOfPlan(planKey: string): Promise<void> {
    const options = { projection: { _id: 1 }, limit: idsPerCall, batchSize: idsPerCall } as const;
    const find = () => this.#listed.find({ planKey } as Filter<ListedDocument>, options).toArray();
    for (;;) {
      const found = await this.#connection.read("look for queries", find);
      if (found.length === 0) return;
      await this.table.drop(found.map(({ _id }) => _id));
    }
  }
}
