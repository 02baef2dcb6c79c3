/**
 * Term → text of the language, for people to read. With `isExact`, checking the text makes the same term again. Else the text only resembles it: some
 * terms, such as whether a list is there, have no expression of their own, and long texts are cut.
 */
import type { Column, Schema } from "../program/schema.ts";
import type { Term } from "../program/term.ts";
import { isOptional } from "../program/types.ts";
import { type NamedComponent, nameComponents } from "./name-components.ts";
import { initialOf, letters, nameParameter, type Parameter } from "./name-parameter.ts";
import { chained, identifier, infix, joined, levels, type Piece, word, writeNumber } from "./pieces.ts";

export interface WrittenTerm {
  readonly text: string;
  readonly isExact: boolean;
}

export interface WriterOptions {
  readonly schema: Schema;
  /** The terms that are written by a name, that is, the defines. */
  readonly names?: ReadonlyMap<Term, string>;
}

/** The most parts of a term that are written: a shared term is written at each use, so texts could become huge. */
const mostParts = 300;
const mostCharacters = 200;

export class TermWriter {
  readonly #names: ReadonlyMap<Term, string>;
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #taken: ReadonlySet<string>;
  readonly #components: ReadonlyMap<Term, NamedComponent>;
  #params: ReadonlyMap<number, Parameter> = new Map();
  #depth = 0;
  #parts = 0;
  #isExact = true;

  /** `roots` must contain every term that will be written. */
  constructor(roots: readonly Term[], { schema, names = new Map() }: WriterOptions) {
    this.#names = names;
    this.#columns = new Map(schema.columns.map((column) => [column.name, column]));
    this.#taken = new Set([
      ...schema.columns.flatMap(({ name, lists, member }) => [name, ...lists, ...(member ? [member.record] : [])]),
      ...names.values(),
    ]);
    this.#components = nameComponents(roots);
  }

  /** `isSpelled` writes what the term is made of, even if it has a name. */
  write(term: Term, { isSpelled = false, mostCharacters: most = mostCharacters } = {}): WrittenTerm {
    [this.#params, this.#depth, this.#parts, this.#isExact] = [new Map(), 0, 0, true];
    const { text } = isSpelled ? this.#spell(term) : this.#piece(term);
    if (text.length <= most) return { text, isExact: this.#isExact };
    return { text: `${text.slice(0, most)}…`, isExact: false };
  }

  #at(term: Term, level: number): string {
    const { text, level: own } = this.#piece(term);
    return own >= level ? text : `(${text})`;
  }

  /** A text for something that the language cannot express; the result is then not exact. */
  #about(text: string, level: number = levels.primary): Piece {
    this.#isExact = false;
    return { text, level };
  }

  #piece(term: Term): Piece {
    const name = this.#names.get(term);
    if (name !== undefined) return { text: name, level: levels.primary };
    return this.#spell(term);
  }

  #spell(term: Term): Piece {
    if (++this.#parts > mostParts) return this.#about("…");
    const named = this.#components.get(term);
    if (named) {
      const parts = named.records.map((record) => this.#at(record, named.records.length > 1 ? levels.times : levels.primary));
      return { text: `${parts.length > 1 ? `(${parts.join(" + ")})` : parts[0]}.${named.component}`, level: levels.primary };
    }
    return this.#operation(term);
  }

  #operation(term: Term): Piece {
    const { operation, args, literal } = term;
    const [first, second, third] = args;
    const operator = infix[operation];
    if (operator) {
      const [left, right] = [this.#at(first, operator.left), this.#at(second, operator.right)];
      return { text: `${left} ${operator.text} ${right}`, level: operator.level };
    }
    switch (operation) {
      case "number":
        return writeNumber(Number(literal), this.#taken);
      case "integer":
      case "boolean":
        return { text: String(literal), level: levels.primary };
      case "string":
        return { text: JSON.stringify(literal), level: levels.primary };
      case "column":
        return this.#column(String(literal));
      case "negate":
        return { text: `-${this.#at(first, levels.unary + 1)}`, level: levels.unary };
      case "complement":
        return { text: `~${this.#at(first, levels.unary)}`, level: levels.unary };
      case "not":
        if (first.operation === "same")
          return { text: first.args.map((arg) => this.#at(arg, levels.relation)).join(" != "), level: levels.equality };
        return { text: `!${this.#at(first, levels.unary)}`, level: levels.unary };
      case "conditional": {
        const test = this.#at(first, levels.or);
        return { text: `${test} ? ${this.#at(second, levels.choice)} : ${this.#at(third, levels.choice)}`, level: levels.choice };
      }
      case "function":
        return this.#function(term);
      case "param":
        return this.#param(term);
      case "position":
        return this.#params.has(Number(literal)) ? word(this.#params.get(Number(literal))!.position) : this.#about("index");
      case "tuple":
      case "which":
        return this.#about(operation === "tuple" ? "a tuple" : "a record");
      case "member":
        return this.#member(term);
      case "field":
        return this.#field(first, String(literal));
      case "record":
        return this.#record(term);
      case "identified":
        if (args.length === 2 && first === second) return this.#piece(first);
        if (args.length === 4)
          return this.#about(
            `${this.#at(second, levels.or)} ? ${this.#at(third, levels.choice)} : ${this.#at(args[3], levels.choice)}`,
            levels.choice,
          );
        return this.#about(this.#at(second.operation === "which" ? first : second, levels.primary));
      case "where":
        return this.#where(term);
      case "is-present":
      case "not-null":
        return this.#about(`isPresent(${this.#at(first, levels.choice)})`);
      case "lambda":
        return this.#about(`… => ${this.#at(first, levels.choice)}`, levels.choice);
      default:
        return this.#list(term);
    }
  }

  #column(name: string): Piece {
    const member = this.#columns.get(name)?.member;
    const isRecord =
      member && ![...this.#columns.values()].some(({ name: each, lists }) => each === member.record || lists.includes(member.record));
    if (isRecord && identifier.test(member.record) && identifier.test(member.field)) return word(`${member.record}.${member.field}`);
    return word(identifier.test(name) ? name : `col(${JSON.stringify(name)})`);
  }

  #function({ literal, args }: Term): Piece {
    const name = String(literal);
    const [a, b] = args;
    if (name === "wrapAngle" && a.operation === "subtract") return word(this.#difference("deltaphi", a));
    if (name === "sqrt" && a.operation === "add") {
      const [eta, phi] = a.args.map(({ operation, args: [x, y] }) => (operation === "multiply" && x === y ? x : undefined));
      const angle = phi?.operation === "function" && phi.literal === "wrapAngle" ? phi.args[0] : undefined;
      const [etas, phis] = [eta, angle].map((each) => each && this.#bothOf(each));
      if (etas && phis && etas.field === "eta" && phis.field === "phi" && etas.records.every((each, index) => each === phis.records[index]))
        return word(`deltaR(${etas.records.map((each) => this.#at(each, levels.choice)).join(", ")})`);
    }
    if (name === "asinh" || name === "signedSqrt" || name === "zeroOf" || name === "wrapAngle") this.#isExact = false;
    return word(`${name}(${(name === "hypot" ? args : [a, b]).flatMap((arg) => (arg ? [this.#at(arg, levels.choice)] : [])).join(", ")})`);
  }

  #difference(name: string, { args }: Term): string {
    const both = this.#bothOf({ operation: "subtract", args });
    return `${name}(${(both?.field === "phi" ? both.records : args).map((arg) => this.#at(arg, levels.choice)).join(", ")})`;
  }

  /** If the term is the difference of the same field or component of two records, that field and the records. */
  #bothOf({
    operation,
    args,
  }: Pick<Term, "operation" | "args">): { readonly field: string; readonly records: readonly Term[] } | undefined {
    if (operation !== "subtract") return undefined;
    const sides = args.map((arg) => {
      const named = this.#components.get(arg);
      if (named) return named.records.length === 1 ? { record: named.records[0], field: named.component } : undefined;
      return arg.operation === "field" ? { record: arg.args[0], field: String(arg.literal) } : undefined;
    });
    const [a, b] = sides;
    return a && b && a.field === b.field ? { field: a.field, records: [a.record, b.record] } : undefined;
  }

  #field(record: Term, name: string): Piece {
    return word(`${this.#at(record, levels.primary)}${identifier.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`);
  }

  #param({ literal, type }: Term): Piece {
    const known = this.#params.get(Number(literal));
    if (known?.name !== undefined) return word(known.name);
    if (known?.members) return this.#about(`(${known.members.join(", ")})`);
    return this.#about(initialOf(type) ?? "element");
  }

  #member({ args: [tuple], literal }: Term): Piece {
    const known = tuple.operation === "param" ? this.#params.get(Number(tuple.literal)) : undefined;
    if (known?.members) return word(known.members[Number(literal)]);
    if (tuple.operation === "param" && !known) return this.#about(letters[Number(literal)]);
    return word(`${this.#at(tuple, levels.primary)}[${literal}]`);
  }

  #record({ type, args, literal }: Term): Piece {
    const [name] = JSON.parse(String(literal)) as readonly string[];
    const names = type.kind === "record" ? [...type.fields.keys()] : [];
    if (args.every(({ operation }) => operation === "column") && [...this.#columns.values()].some(({ member }) => member?.record === name))
      return word(name);
    if (name !== "computed" || args.length > names.length) this.#isExact = false;
    const fields = names.map(
      (each, index) => `${identifier.test(each) ? each : JSON.stringify(each)}: ${this.#at(args[index], levels.choice)}`,
    );
    return word(`({ ${fields.join(", ")} })`);
  }

  /** A value that is missing with its list. The language implies this, so it is not written. */
  #where({ args: [value, test], literal }: Term): Piece {
    let inner = value;
    while (inner.operation === "where" && inner.literal === undefined) inner = inner.args[0];
    if (literal === undefined && test.operation === "not-null") {
      const [made, list] = [this.#piece(value), this.#at(test.args[0], levels.primary)];
      return (value.args[0] === test.args[0] && chained(made, list)) || this.#about(made.text, made.level);
    }
    const [asked] = test.operation === "is-present" ? test.args : [];
    if (literal === undefined && asked && inner.args.includes(asked)) return this.#piece(value);
    this.#isExact = false;
    if (literal === undefined && asked) return this.#piece(value);
    return this.#about(`${this.#at(test, levels.or)} ? ${this.#at(value, levels.choice)} : none`, levels.choice);
  }

  #list({ operation, args, literal }: Term): Piece {
    const [list, ...rest] = args;
    if (operation === "collection") return this.#collection(list, String(literal));
    const own = () => {
      if (isOptional(list.type) && list.operation !== "collection") this.#isExact = false;
      return this.#at(list, levels.primary);
    };
    const lambdas = () =>
      rest.map((arg) => (arg.operation === "lambda" ? this.#lambda(arg, list) : this.#at(arg, levels.choice))).join(", ");
    switch (operation) {
      case "length":
        return word(`${own()}.length`);
      case "index":
        return word(`${own()}[${this.#at(rest[0], levels.choice)}]`);
      case "map": {
        const [body] = rest[0].args;
        const isOfLists = body.operation === "collection" && list.operation === "collection" && body.literal === `${list.literal}.[]`;
        if (isOfLists && list.args.length === 0) return this.#collection(undefined, String(list.literal), true);
        const isField = body.operation === "field" && body.args[0].operation === "param" && body.args[0].literal === rest[0].literal;
        if (isField && Number(rest[0].literal) === this.#depth && identifier.test(String(body.literal)) && body.literal !== "length")
          return word(`${own()}.${body.literal}`);
        return word(`${own()}.map(${lambdas()})`);
      }
      case "combinations":
        return word(`${own()}.${literal === 2 ? "pairs()" : literal === 3 ? "triples()" : `combinations(${literal})`}`);
      case "concat":
        if (args.some((side) => joined(side) !== side && Number(side.args[1].literal) !== this.#depth)) this.#isExact = false;
        return word(`${this.#at(joined(list), levels.primary)}.concat(${this.#at(joined(rest[0]), levels.choice)})`);
      case "sum":
      case "product":
      case "mean":
      case "min":
      case "max":
        if (list.operation === "map" && !this.#names.has(list))
          return word(`${this.#at(list.args[0], levels.primary)}.${operation}(${this.#lambda(list.args[1], list.args[0])})`);
        return word(`${own()}.${operation}()`);
      default:
        return word(`${own()}.${operation}(${lambdas()})`);
    }
  }

  #collection(outer: Term | undefined, name: string, isWhole = false): Piece {
    if (!outer) {
      if (!isWhole && [...this.#columns.values()].some(({ lists }) => lists.includes(`${name}.[]`))) this.#isExact = false;
      return word(identifier.test(name) ? name : `col(${JSON.stringify(name)})`);
    }
    const origin = outer.type.kind === "record" ? (outer.type.origin ?? "") : "";
    return this.#field(outer, name.slice(origin.length + 1));
  }

  #lambda(lambda: Term, list: Term): string {
    const level = Number(lambda.literal);
    const [body] = lambda.args;
    if (level !== this.#depth) this.#isExact = false;
    const before = [this.#params, this.#depth] as const;
    const parameter = nameParameter(lambda, list, { outer: this.#params.values(), taken: this.#taken });
    this.#params = new Map([...this.#params, [level, parameter]]);
    this.#depth++;
    const { text } = this.#piece(body);
    const usesPosition = ((body.positions >>> level) & 1) === 1;
    const names = [...(parameter.members ?? [parameter.name!]), ...(usesPosition ? [parameter.position] : [])];
    [this.#params, this.#depth] = before;
    return `${names.length === 1 ? names[0] : `(${names.join(", ")})`} => ${text}`;
  }
}
