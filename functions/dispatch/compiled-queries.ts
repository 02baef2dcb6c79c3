/** Queries that were compiled lately: the same one is compiled once for all who ask it at a time, and again when its dataset's schema changed. */
import { canonicalQuery, type Query } from "../../engine/query.ts";
import type { Schema } from "../../engine/schema.ts";
import { type CompiledQuery, compileQuery } from "./plan-submission.ts";
import { Recent } from "./recent.ts";

const most = 500;

export class CompiledQueries {
  readonly #recent = new Recent<{ readonly schema: Schema; readonly compiled: Promise<CompiledQuery> }>(most);

  /** Rejects with `QueryError`. */
  async get(query: Query, schema: Schema): Promise<CompiledQuery> {
    const key = JSON.stringify(canonicalQuery(query));
    const known = this.#recent.get(key);
    if (known?.schema === schema) return known.compiled;
    const compiled = compileQuery(query, schema);
    this.#recent.set(key, { schema, compiled });
    compiled.catch(() => this.#recent.delete(key));
    return compiled;
  }
}
