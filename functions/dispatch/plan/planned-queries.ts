/**
 * The text of a request → its query, checked and planned over its dataset as that is now. What was planned lately is kept, by its text and by its
 * canonical form: the same text is neither parsed nor checked nor hashed again while its dataset stays as it is.
 */
import { LRUCache } from "lru-cache";
import type { Dataset } from "../../../datasets/dataset.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { canonicalQuery, type Query, readQuery } from "../../../engine/query/query.ts";
import { QueryError } from "../../../engine/query/query-error.ts";
import { unknownDataset } from "../../datasets/unknown-dataset.ts";
import { parseJson } from "../../http/parse-json.ts";
import type { Services } from "../../services.ts";
import { type CheckedQuery, checkQuery, planChecked, type QueryPlan } from "./plan-query.ts";

/** The most characters of all kept texts together, and as many of all canonical forms; each counts as `leastText` at least. Then the most of one text. */
const mostText = 2_000_000;
const leastText = 4_000;
const longestText = 20_000;
const weighText = (_: unknown, text: string): number => Math.max(leastText, text.length);

interface Known {
  readonly query: Query;
  readonly planned: QueryPlan;
}

export class PlannedQueries {
  readonly #catalogue: Services["catalogue"];
  readonly #byText = new LRUCache<string, Known>({ maxSize: mostText, sizeCalculation: weighText });
  readonly #byCanonical = new LRUCache<string, { readonly schema: Schema; readonly checked: Promise<CheckedQuery> }>({
    maxSize: mostText,
    sizeCalculation: weighText,
  });

  constructor({ catalogue }: Pick<Services, "catalogue">) {
    this.#catalogue = catalogue;
  }

  /** Throws `QueryError`, or `HttpProblem` for what is not JSON. */
  async get(text: string): Promise<QueryPlan> {
    const known = this.#byText.get(text);
    const query = known?.query ?? readQuery(parseJson(text));
    const dataset = await this.#find(query.dataset);
    if (known?.planned.dataset.partitions === dataset.partitions && known.planned.dataset.schema === dataset.schema)
      return { ...known.planned, dataset };
    const planned = await planChecked(query, await this.#check(query, dataset.schema), dataset);
    if (text.length <= longestText) this.#byText.set(text, { query, planned });
    return planned;
  }

  async #find(name: string): Promise<Dataset> {
    const dataset = await this.#catalogue.get(name);
    if (dataset) return dataset;
    throw new QueryError(unknownDataset(name, this.#catalogue.names()).errors);
  }

  async #check(query: Query, schema: Schema): Promise<CheckedQuery> {
    const key = JSON.stringify(canonicalQuery(query));
    const known = this.#byCanonical.get(key);
    if (known?.schema === schema) return known.checked;
    const checked = checkQuery(query, schema);
    this.#byCanonical.set(key, { schema, checked });
    checked.catch(() => this.#byCanonical.delete(key));
    return checked;
  }
}
