/**
 * Parses the text of a request, checks the query, and plans it over the present state of its dataset. Recent plans are kept by their text and by their
 * canonical form, so that the same text is not parsed, checked and hashed again while its dataset does not change. Memory: bounded in bytes; of each dataset,
 * only the latest state is kept.
 */
import { LRUCache } from "lru-cache";
import { TurnQueue } from "../../../base/turn.ts";
import type { Dataset } from "../../../datasets/dataset.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { makeProgramInSteps } from "../../../engine/query/make-program.ts";
import { noticesOf } from "../../../engine/query/notices.ts";
import { canonicalQuery, type Query, readQuery } from "../../../engine/query/query.ts";
import { QueryError } from "../../../engine/query/query-error.ts";
import { unknownDataset } from "../../datasets/unknown-dataset.ts";
import { parseJson } from "../../http/parse-json.ts";
import type { Services } from "../../services.ts";
import { type CheckedQuery, checkedBytes, keyPrograms, planChecked, type QueryPlan } from "./plan-query.ts";

/**
 * The milliseconds after which checking large queries lets other work run, however many there are. Checking one histogram is not interrupted and may take
 * longer.
 */
const longestTurn = 10;
/** The approximate most bytes of plans kept by text, and again of those kept by canonical form. Then the most characters of a text by which a plan is kept. */
const mostBytes = 32_000_000;
const longestText = 20_000;

interface Known {
  readonly query: Query;
  readonly planned: QueryPlan;
}

interface KnownProgram {
  readonly schema: Schema;
  readonly checked: CheckedQuery;
}

export class PlannedQueries {
  readonly #catalogue: Services["catalogue"];
  readonly #byText = new LRUCache<string, Known>({
    maxSize: mostBytes,
    sizeCalculation: ({ planned }, text) => 8 * text.length + checkedBytes(planned.checked),
  });
  readonly #byCanonical = new LRUCache<string, KnownProgram>({
    maxSize: mostBytes,
    sizeCalculation: ({ checked }, text) => 4 * text.length + checkedBytes(checked),
  });
  /** The queries that are being checked, by canonical form. */
  readonly #checking = new Map<string, { readonly schema: Schema; readonly checked: Promise<CheckedQuery> }>();
  readonly #turns = new TurnQueue();
  /** By name, the last states of the datasets for which plans are kept. */
  readonly #datasets = new Map<string, Dataset>();

  constructor({ catalogue }: Pick<Services, "catalogue">) {
    this.#catalogue = catalogue;
  }

  /** Throws `QueryError`, or `HttpProblem` if the text is not JSON. */
  async get(text: string): Promise<QueryPlan> {
    const known = this.#byText.get(text);
    const query = known?.query ?? readQuery(parseJson(text));
    const dataset = await this.#find(query.dataset);
    if (known && isSame(known.planned.dataset, dataset)) return { ...known.planned, dataset };
    this.#forgetOthers(dataset);
    const planned = await planChecked(query, await this.#check(query, dataset.schema), dataset);
    if (text.length <= longestText) this.#byText.set(text, { query, planned });
    return planned;
  }

  async #find(name: string): Promise<Dataset> {
    const dataset = await this.#catalogue.get(name);
    if (dataset) return dataset;
    throw new QueryError(unknownDataset(name, this.#catalogue.names()).errors);
  }

  /** Forgets plans over earlier states of this dataset. Otherwise each state of a large dataset that changes often would be kept. */
  #forgetOthers(dataset: Dataset): void {
    const last = this.#datasets.get(dataset.name);
    if (last && isSame(last, dataset)) return;
    this.#datasets.set(dataset.name, dataset);
    for (const [text, { planned }] of this.#byText.entries())
      if (planned.dataset.name === dataset.name && !isSame(planned.dataset, dataset)) this.#byText.delete(text);
  }

  async #check(query: Query, schema: Schema): Promise<CheckedQuery> {
    const key = JSON.stringify(canonicalQuery(query));
    const known = [this.#byCanonical.get(key), this.#checking.get(key)].find((each) => each?.schema === schema);
    if (known) return known.checked;
    const checking = { schema, checked: this.#checkInTurns(query, schema) };
    this.#checking.set(key, checking);
    try {
      const checked = await checking.checked;
      this.#byCanonical.set(key, { schema, checked });
      return checked;
    } finally {
      if (this.#checking.get(key) === checking) this.#checking.delete(key);
    }
  }

  async #checkInTurns(query: Query, schema: Schema): Promise<CheckedQuery> {
    const steps = makeProgramInSteps(query, schema);
    let begun = performance.now();
    for (;;) {
      const step = steps.next();
      if (step.done) return keyPrograms(step.value, noticesOf(query, step.value, schema));
      if (performance.now() - begun < longestTurn) continue;
      await this.#turns.next();
      begun = performance.now();
    }
  }
}

const isSame = (a: Dataset, b: Dataset): boolean => a.partitions === b.partitions && a.schema === b.schema;
