/**
 * Requests' bodies → queries, checked and planned over their datasets as these are now. What was planned lately is kept by its very text, and by its
 * meaning: the same text is neither parsed nor checked nor hashed again while its dataset stands.
 */
import type { Dataset } from "../../../datasets/dataset.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { canonicalQuery, type Query, readQuery } from "../../../engine/query/query.ts";
import { QueryError } from "../../../engine/query/query-error.ts";
import type { StoredPlan } from "../../../storage/store.ts";
import { unknownDataset } from "../../datasets/datasets.ts";
import { parseJson } from "../../http/read-body.ts";
import type { Services } from "../../services.ts";
import { Recent } from "../follow/recent.ts";
import { buildPlan, buildQuery, type CompiledQuery, compileQuery, type UndatedQuery } from "./plan-submission.ts";

export interface Planned {
  readonly query: Query;
  readonly dataset: Dataset;
  readonly compiled: CompiledQuery;
  readonly plan: StoredPlan;
  readonly stored: UndatedQuery;
}

const most = 500;
/** Characters of all texts together, and of one. */
const mostText = 2_000_000;
const longestText = 20_000;

export class PlannedQueries {
  readonly #catalogue: Services["catalogue"];
  readonly #byText = new Recent<{ readonly length: number; readonly planned: Planned }>(most, {
    weigh: ({ length }) => length,
    mostWeight: mostText,
  });
  readonly #byMeaning = new Recent<{ readonly schema: Schema; readonly compiled: Promise<CompiledQuery> }>(most);

  constructor({ catalogue }: Pick<Services, "catalogue">) {
    this.#catalogue = catalogue;
  }

  /** Throws `QueryError`, or `HttpProblem` for what is not JSON. */
  async get(text: string): Promise<Planned> {
    const known = this.#byText.get(text)?.planned;
    const query = known?.query ?? readQuery(parseJson(text));
    const dataset = await this.#find(query.dataset);
    if (known?.dataset.partitions === dataset.partitions && known.dataset.schema === dataset.schema) return { ...known, dataset };
    const compiled = await this.#compile(query, dataset.schema);
    const plan = await buildPlan(compiled, dataset);
    const planned = { query, dataset, compiled, plan, stored: await buildQuery(query, compiled, plan.planKey) };
    if (text.length <= longestText) this.#byText.set(text, { length: text.length, planned });
    return planned;
  }

  async #find(name: string): Promise<Dataset> {
    const dataset = await this.#catalogue.get(name);
    if (dataset) return dataset;
    throw new QueryError(unknownDataset(name, this.#catalogue.names()).errors);
  }

  async #compile(query: Query, schema: Schema): Promise<CompiledQuery> {
    const key = JSON.stringify(canonicalQuery(query));
    const known = this.#byMeaning.get(key);
    if (known?.schema === schema) return known.compiled;
    const compiled = compileQuery(query, schema);
    this.#byMeaning.set(key, { schema, compiled });
    compiled.catch(() => this.#byMeaning.delete(key));
    return compiled;
  }
}
