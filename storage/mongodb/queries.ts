/** Queries, newest first. */
import type { Filter } from "mongodb";
import { decodeJson, encodeJson } from "../records.ts";
import type { ListedQuery, QueryFilter, StoredQuery } from "../store.ts";
import { type BodyDocument, BodyTable } from "./body-table.ts";
import type { Connection } from "./connection.ts";
import type { AccessTimes } from "./last-access.ts";

type QueryDocument = BodyDocument & { readonly planKey: string; readonly created: Date };

export class Queries {
  readonly table: BodyTable;
  readonly #connection: Connection;

  constructor(connection: Connection, times: AccessTimes) {
    this.#connection = connection;
    this.table = new BodyTable(connection, { name: "queries", times });
  }

  put(query: StoredQuery): Promise<void> {
    const { id, planKey, created } = query;
    const { dataset, name } = query.query;
    const fields = { planKey, created: new Date(created), dataset, ...(name !== undefined && { name }) };
    return this.table.replace(id, encodeJson(query), fields);
  }

  /** `isOverdue`: its last access is due to be written. */
  async get(id: string): Promise<{ readonly query: StoredQuery; readonly isOverdue: boolean } | undefined> {
    const document = await this.#connection.read("read a query", () => this.table.collection.findOne({ _id: id }));
    const bytes = document && (await this.table.open(document));
    return bytes ? { query: decodeJson<StoredQuery>(bytes), isOverdue: this.table.access.isOverdue(document.used) } : undefined;
  }

  async list({ before, limit, dataset, name }: QueryFilter): Promise<readonly Omit<ListedQuery, "resultBytes">[]> {
    const filter: Record<string, unknown> = {};
    if (dataset !== undefined) filter.dataset = dataset;
    if (name !== undefined) filter.name = { $regex: name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), $options: "i" };
    if (before) {
      const created = new Date(before.created);
      filter.$or = [{ created: { $lt: created } }, { created, _id: { $lt: before.id } }];
    }
    const options = { sort: { created: -1, _id: -1 }, limit, batchSize: limit + 1 } as const;
    const documents = await this.#connection.read("list queries", () =>
      this.table.collection.find(filter as Filter<BodyDocument>, options).toArray(),
    );
    return documents.map(({ body, used }) => ({
      ...decodeJson<StoredQuery>(new Uint8Array(body?.value() ?? [])),
      lastAccess: used.getTime(),
    }));
  }

  async dropOfPlan(planKey: string): Promise<void> {
    const filter = { planKey } as Filter<QueryDocument> as Filter<BodyDocument>;
    for (let heads = await this.#heads(filter); heads.length > 0; heads = await this.#heads(filter)) {
      await this.table.drop(heads.map(({ _id }) => _id));
    }
  }

  #heads(filter: Filter<BodyDocument>) {
    return this.table.heads(filter, { limit: 1000 });
  }
}
