/**
 * Removes the fields of records that nothing reads: `Jet.map(j => ({ ...j, pt: 1.02 * j.pt }))` has all fields of a jet, but only those in use are needed.
 * The same holds for joined lists. Fields are told apart by name only, so a field that is read from one record is kept in all.
 *
 * Record literals that are compared must stay different, even if they no longer differ after this. So each has a number, in their order.
 */
import type { HistogramTerms, ProgramTerms } from "./program.ts";
import { rootsOf } from "./program.ts";
import { reachable, type Term, type Terms } from "./term.ts";
import type { RecordType, Type } from "./types.ts";

type Body = Omit<ProgramTerms, "inputs">;

/** Caches pruned terms for all programs of a query: for each set of field names that is read, the pruned form of each term. */
export type PrunedTerms = Map<string, Map<Term, Term>>;

/** Prunes a program. Pruned terms are added to the cache `pruned`; `of` returns the pruned form of a term. */
export function pruneRecords(body: Body, terms: Terms, pruned: PrunedTerms): { readonly body: Body; readonly of: (term: Term) => Term } {
  const { names, isWhole } = namesRead(rootsOf(body));
  if (isWhole) return { body, of: (term) => term };
  const literals = findCompared(rootsOf(body));
  const key = JSON.stringify([...names].sort());
  // With compared literals, the cache is not used: their numbers only hold for this program.
  const known = (literals.size === 0 && pruned.get(key)) || new Map<Term, Term>();
  if (literals.size === 0) pruned.set(key, known);
  const pruner = new Pruner(terms, { names, literals, known });
  const of = (term: Term): Term => pruner.prune(term);
  const totals = body.totals?.map(of);
  // Totals are told apart by their terms, so if two of them became equal, nothing is pruned.
  if (totals && new Set(totals).size < totals.length) return { body, of: (term) => term };
  return {
    body: {
      ...body,
      filters: body.filters.map(of),
      ...(body.weight && { weight: of(body.weight) }),
      ...(totals && { totals }),
      histograms: body.histograms.map((histogram) => pruneHistogram(histogram, of)),
      ...(body.rows && { rows: { ...body.rows, columns: body.rows.columns.map(of) } }),
    },
    of: (term) => known.get(term) ?? term,
  };
}

const pruneHistogram = ({ axes, filter, weight, sample, storage }: HistogramTerms, of: (term: Term) => Term): HistogramTerms => ({
  axes: axes.map(({ axis, value }) => ({ axis, value: of(value) })),
  ...(filter && { filter: of(filter) }),
  ...(weight && { weight: of(weight) }),
  ...(sample && { sample: of(sample) }),
  storage,
});

/** The names of all fields that are read. Reading that only fills an unread field does not count. `isWhole`: records have no unread fields. */
function namesRead(roots: readonly Term[]): { readonly names: ReadonlySet<string>; readonly isWhole: boolean } {
  const names = new Set<string>();
  const seen = new Set<Term>();
  const waiting = new Map<string, Term[]>();
  const visit = (term: Term): void => {
    if (seen.has(term)) return;
    seen.add(term);
    if (term.operation === "field") read(String(term.literal));
    const fields = term.operation === "record" ? [...(term.type as RecordType).fields.keys()] : [];
    for (const [index, arg] of term.args.entries()) {
      const name = fields[index];
      if (name === undefined || names.has(name)) visit(arg);
      else waiting.set(name, [...(waiting.get(name) ?? []), arg]);
    }
  };
  const read = (name: string): void => {
    if (names.has(name)) return;
    names.add(name);
    for (const arg of waiting.get(name) ?? []) visit(arg);
    waiting.delete(name);
  };
  for (const root of roots) visit(root);
  return { names, isWhole: waiting.size === 0 };
}

/** The record literals that are compared, with their numbers; none if no records are compared. */
function findCompared(roots: readonly Term[]): ReadonlyMap<Term, number> {
  const all = reachable(roots);
  if (!all.some(({ operation }) => operation === "same")) return new Map();
  const sources = new Set(all.flatMap(({ operation, args }) => (operation === "identified" ? args.slice(1) : [])));
  return new Map(all.filter((term) => term.operation === "record" && sources.has(term)).map((term, number) => [term, number]));
}

interface PrunerOptions {
  readonly names: ReadonlySet<string>;
  readonly literals: ReadonlyMap<Term, number>;
  readonly known: Map<Term, Term>;
}

class Pruner {
  readonly #terms: Terms;
  readonly #names: ReadonlySet<string>;
  readonly #literals: ReadonlyMap<Term, number>;
  readonly #known: Map<Term, Term>;
  readonly #types = new Map<Type, Type>();

  constructor(terms: Terms, { names, literals, known }: PrunerOptions) {
    this.#terms = terms;
    this.#names = names;
    this.#literals = literals;
    this.#known = known;
  }

  prune(term: Term): Term {
    const known = this.#known.get(term) ?? this.#make(term);
    this.#known.set(term, known);
    return known;
  }

  #make(term: Term): Term {
    const { operation, args, literal } = term;
    const type = this.#type(term.type);
    if (operation !== "record") {
      const own = args.map((arg, index) => (operation === "identified" && index > 0 ? this.#source(arg) : this.prune(arg)));
      const isSame = type === term.type && own.every((arg, index) => arg === args[index]);
      return isSame ? term : this.#terms.make(operation, type, own, literal);
    }
    const fields = [...(term.type as RecordType).fields.keys()];
    const kept = args.filter((_, index) => index >= fields.length || this.#names.has(fields[index]!));
    const name = (JSON.parse(String(literal)) as readonly string[])[0];
    const names = fields.filter((field) => this.#names.has(field));
    return this.#terms.make(
      "record",
      type,
      kept.map((arg) => this.prune(arg)),
      JSON.stringify([name, ...names]),
    );
  }

  /** The pruned type. Elements of the schema's lists keep all fields, since these are columns. */
  #type(type: Type): Type {
    const known = this.#types.get(type) ?? this.#makeType(type);
    this.#types.set(type, known);
    return known;
  }

  #makeType(type: Type): Type {
    switch (type.kind) {
      case "list": {
        const element = this.#type(type.element);
        return element === type.element ? type : { ...type, element };
      }
      case "tuple": {
        const members = type.members.map((member) => this.#type(member));
        return members.every((member, index) => member === type.members[index]) ? type : { ...type, members };
      }
      case "record": {
        if (type.origin !== undefined) return type;
        const fields = new Map(
          [...type.fields].filter(([name]) => this.#names.has(name)).map(([name, field]) => [name, this.#type(field)]),
        );
        const isSame = fields.size === type.fields.size && [...fields].every(([name, field]) => type.fields.get(name) === field);
        return isSame ? type : { ...type, fields };
      }
      default:
        return type;
    }
  }

  /** The term by which a record is compared. */
  #source(term: Term): Term {
    const number = this.#literals.get(term);
    if (number === undefined) return this.prune(term);
    const over = reachable([term]).find(({ operation, free }) => operation === "param" && free === term.free);
    return this.#terms.make("which", this.#type(term.type), over ? [this.prune(over)] : [], number);
  }
}
