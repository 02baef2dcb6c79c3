/**
 * Random expressions of the whole language, well typed over the events of `generateEvents`. Without `missing` nothing in them
 * can be missing, so that they are JavaScript too; with it, everything may be. Over 300 lines, for the kinds of expressions are made of each other.
 */

import { words } from "../../generate-events.ts";
import type { Seeded } from "../../seeded.ts";
import { functionsOfOne } from "../reference-functions.ts";
import { ListGenerator } from "./generate-lists.ts";
import type { ElementGenerator, Name } from "./generated-elements.ts";
import {
  binary,
  bracketed,
  call,
  chained,
  coalesce,
  conditional,
  lambda,
  leaf,
  levels,
  member,
  method,
  negative,
  type Piece,
  piece,
  power,
  vectorSum,
} from "./piece.ts";
import { chosenKind, type Element, kindOf, numbersOf, type RecordKind, sumKind } from "./record-kinds.ts";

export interface RecordPiece {
  readonly piece: Piece;
  readonly kind: RecordKind;
}

const literals = ["0", "1", "2", "3", "0.5", "10", "1e3", "0.1", "-1", "-0.25", "45", "pi", "e"];
const bitOperators = ["&", "|", "^", "<<", ">>", ">>>"];
const comparisons = ["<", "<=", ">", ">=", "==", "!="];

export class ExpressionGenerator implements ElementGenerator {
  readonly random: Seeded;
  readonly missing: boolean;
  readonly lists: ListGenerator;
  /** Defines and, inside functions, parameters. */
  names: readonly Name[] = [];

  constructor(random: Seeded, missing: boolean) {
    this.random = random;
    this.missing = missing;
    this.lists = new ListGenerator(this);
  }

  /** Chooses one of these at random, each with about the same probability. */
  #choose<Made>(...makers: readonly (() => Made)[]): Made {
    return this.random.pick(makers)();
  }

  known(kind: Element["kind"]): readonly Name[] {
    return this.names.filter(({ element }) => element.kind === kind);
  }

  number(fuel: number): Piece {
    if (fuel <= 1) return this.#smallNumber();
    const { random } = this;
    const half = fuel / 2;
    const made = this.#choose(
      () => binary(this.number(half), random.pick(["+", "-", "*", "/", "%"]), this.number(half)),
      () => binary(this.number(half), random.pick(["+", "-", "*"]), this.number(half)),
      () => this.#power(fuel),
      () => binary(this.number(half), random.pick(bitOperators), this.number(half)),
      () => negative(this.number(fuel - 1)),
      () => piece(levels.unary, "~", [this.number(fuel - 1), levels.unary]),
      () => call(random.pick(Object.keys(functionsOfOne)), this.number(fuel - 1)),
      () => call(random.pick(["atan2", "min", "max", "hypot", "deltaphi", "deltaeta"]), this.number(half), this.number(half)),
      () => call(random.pick(["min", "max", "hypot"]), ...Array.from({ length: 1 + random.below(4) }, () => this.number(fuel / 3))),
      () => conditional(this.boolean(half), this.number(half), this.number(half)),
      () => this.#reduced(fuel),
      () => this.#reduced(fuel),
      () => coalesce(this.optionalNumber(half), this.number(half)),
      () => this.#component(this.record(fuel - 1)),
      () => this.#component(this.record(fuel - 1)),
      () => call(random.pick(["deltaR", "deltaphi", "deltaeta"]), this.vector(half).piece, this.vector(half).piece),
      () => this.#guarded(half),
    );
    return random.chance(0.1) ? bracketed(made) : made;
  }

  #smallNumber(): Piece {
    const { random } = this;
    const params = this.known("number");
    if (params.length > 0 && random.chance(0.6)) return leaf(random.pick(params).name);
    const records = this.known("record");
    if (records.length > 0 && random.chance(0.7)) {
      const { name, element } = random.pick(records);
      return this.#component({ piece: leaf(name), kind: (element as Extract<Element, { kind: "record" }>).record });
    }
    return leaf(
      random.chance(0.3)
        ? random.pick(literals)
        : random.pick(["x", "y", "n", "u", "MET.pt", "MET.phi", "gen.px", "entry", "Muon.length", 'col("MET_pt")']),
    );
  }

  #component({ piece: record, kind }: RecordPiece): Piece {
    const name = this.random.pick(numbersOf(kind));
    return this.random.chance(0.1) ? piece(levels.call, [record, levels.call], `?.${name}`) : member(record, name);
  }

  #power(fuel: number): Piece {
    const { random } = this;
    if (random.chance(0.6)) return power(this.number(fuel - 1), leaf(random.pick(["2", "3", "1", "-1", "0.5", "0", "-2", "4"])), true);
    const exponent = binary(leaf(random.pick(["y", "n", "MET.phi"])), random.pick(["+", "*"]), this.number(fuel / 2));
    const base = this.number(fuel / 2);
    return random.chance(0.5) ? power(base, exponent, false) : call("pow", base, exponent);
  }

  /** Generates a number that may be missing even if no column is. */
  optionalNumber(fuel: number): Piece {
    const list = this.lists.ofNumbers(fuel);
    return this.#choose(
      () => this.#element(list.piece, fuel),
      () => method(list.piece, this.random.pick(["min", "max", "mean"])),
      () => this.lists.pickedNumber(fuel),
      () => this.lists.reduced(this.random.pick(["min", "max", "mean"]), fuel),
    );
  }

  #element(list: Piece, fuel: number): Piece {
    const { random } = this;
    const index = random.chance(0.6) ? leaf(random.pick(["0", "1", "2", "-1", "0.5", "n", "u"])) : this.number(fuel / 3);
    const chain = random.chance(0.1) ? "?." : "";
    if (random.chance(0.5))
      return chain ? piece(levels.call, [list, levels.call], "?.at(", [index, levels.lambda], ")") : method(list, "at", index);
    return piece(levels.call, [list, levels.call], `${chain}[`, [index, levels.lambda], "]");
  }

  #reduced(fuel: number): Piece {
    const { random } = this;
    return this.#choose(
      () => this.#length(this.lists.any(fuel).piece),
      () => method(this.lists.ofNumbers(fuel).piece, random.pick(["sum", "product"])),
      () => this.lists.reduced(random.pick(["sum", "product"]), fuel),
      () => this.lists.tested("count", fuel),
      () => (this.missing ? this.optionalNumber(fuel) : coalesce(this.optionalNumber(fuel), leaf(random.pick(literals)))),
    );
  }

  /** Where nothing may be missing, no list is null. */
  #length(list: Piece): Piece {
    const length = member(list, "length");
    return this.random.chance(0.2) ? chained(list, length) : length;
  }

  /** Generates an element's component, guarded by a test that the list is long enough. */
  #guarded(fuel: number): Piece {
    const { piece: list, element } = this.lists.ofRecords(fuel);
    const component = this.#component({ piece: piece(levels.call, [list, levels.call], "[0]"), kind: element.record });
    if (this.missing && this.random.chance(0.7)) return component;
    return conditional(binary(member(list, "length"), ">", leaf("0")), component, this.number(fuel / 2));
  }

  boolean(fuel: number): Piece {
    const { random } = this;
    if (fuel <= 1) {
      const params = this.known("boolean");
      if (params.length > 0 && random.chance(0.6)) return leaf(random.pick(params).name);
      const fields = this.known("record").flatMap(({ name, element }) =>
        element.kind === "record" ? element.record.booleans.map((field) => member(leaf(name), field)) : [],
      );
      if (fields.length > 0 && random.chance(0.4)) return random.pick(fields);
      if (random.chance(0.3)) return leaf(random.pick(["flag", "flag", "true", "false"]));
      if (random.chance(0.3)) return binary(this.string(1), random.pick(["==", "!="]), this.string(1));
      return binary(this.#smallNumber(), random.pick(comparisons), this.#smallNumber());
    }
    const half = fuel / 2;
    const made = this.#choose(
      () => binary(this.number(half), random.pick(comparisons), this.number(half)),
      () => binary(this.number(half), random.pick(comparisons), this.number(half)),
      () => binary(this.boolean(half), random.pick(["&&", "||"]), this.boolean(half)),
      () => binary(this.boolean(half), random.pick(["&&", "||"]), this.boolean(half)),
      () => binary(this.boolean(half), random.pick(["==", "!="]), this.boolean(half)),
      () => binary(this.string(half), random.pick(["==", "!="]), this.string(half)),
      () => binary(this.string(half), random.pick(["==", "!="]), this.string(half)),
      () => piece(levels.unary, "!", [this.boolean(fuel - 1), levels.unary]),
      () => call("isNaN", this.number(fuel - 1)),
      () => call("between", this.number(half), this.number(half), this.number(half)),
      () => conditional(this.boolean(half), this.boolean(half), this.boolean(half)),
      () => this.lists.tested(random.pick(["some", "every"]), fuel),
      () => this.lists.tested(random.pick(["some", "every", "any", "all"]), fuel),
      () => method(this.lists.ofBooleans(half), random.pick(["any", "all"])),
      () => coalesce(this.#element(leaf("marks"), half), this.boolean(half)),
      () => this.#sameElement(half),
    );
    return random.chance(0.1) ? bracketed(made) : made;
  }

  string(fuel: number): Piece {
    const { random } = this;
    if (fuel <= 1) {
      const params = this.known("string");
      if (params.length > 0 && random.chance(0.6)) return leaf(random.pick(params).name);
      const fields = this.known("record").flatMap(({ name, element }) =>
        element.kind === "record" ? (element.record.strings ?? []).map((field) => member(leaf(name), field)) : [],
      );
      if (fields.length > 0 && random.chance(0.6)) return random.pick(fields);
      if (random.chance(0.5)) return leaf(random.pick(["channel", "channel", "trigger"]));
      const word = random.pick(words);
      return leaf(random.chance(0.5) ? JSON.stringify(word) : `'${word}'`);
    }
    const half = fuel / 2;
    const made = this.#choose(
      () => this.string(1),
      () => conditional(this.boolean(half), this.string(half), this.string(half)),
      () => coalesce(this.string(half), this.string(half)),
      () => coalesce(this.#element(leaf("tags"), half), this.string(half)),
      () => coalesce(this.#element(member(leaf(random.pick(["Muon", "Electron"])), "kind"), half), this.string(half)),
      () => (this.missing ? this.#element(leaf("tags"), half) : this.string(1)),
      () => (this.missing ? member(this.#element(leaf("Muon"), half), "kind") : this.string(1)),
    );
    return random.chance(0.1) ? bracketed(made) : made;
  }

  /** Elements are compared by the list of which they are elements, and by their places in it. */
  #sameElement(fuel: number): Piece {
    const { random } = this;
    const elements = this.known("record").filter(({ element }) => element.kind === "record" && element.record.origin !== undefined);
    if (elements.length > 1) return binary(leaf(random.pick(elements).name), random.pick(["==", "!="]), leaf(random.pick(elements).name));
    const list = leaf(random.pick(["Muon", "Jet", "Track"]));
    if (!this.missing) return this.lists.pairTest(list, (a, b) => binary(a, random.pick(["==", "!="]), b));
    return binary(this.#element(list, fuel), random.pick(["==", "!="]), this.#element(list, fuel));
  }

  record(fuel: number): RecordPiece {
    const { random } = this;
    const params = this.known("record");
    if (fuel <= 1 || random.chance(0.3)) {
      if (params.length > 0 && random.chance(0.85)) {
        const { name, element } = random.pick(params);
        return { piece: leaf(name), kind: (element as Extract<Element, { kind: "record" }>).record };
      }
      const name = random.pick(["MET", "gen", "gen"]);
      return { piece: leaf(name), kind: kindOf(name) };
    }
    const half = fuel / 2;
    return this.#choose(
      () => this.#vectorSum(half),
      () => this.#vectorSum(half),
      () => this.#chosen(this.record(half), this.record(half), (a, b) => conditional(this.boolean(half), a, b)),
      () => this.literal(half),
      () => (this.missing ? this.#optionalRecord(half) : this.#vectorSum(half)),
      () => (this.missing ? this.lists.picked(half) : this.#chosen(this.#pickedWhole(half), this.record(half), coalesce)),
      () => (this.missing ? this.#chosen(this.#optionalRecord(half), this.record(half), coalesce) : this.record(half)),
    );
  }

  /** `{ ...record, name: number }`. */
  literal(fuel: number): RecordPiece {
    const { random } = this;
    // The spread record is present, since JavaScript does not know the fields of a missing one.
    const { piece: spread, kind } = this.missing ? { piece: leaf("gen"), kind: kindOf("gen") } : this.record(fuel / 2);
    const isChosen = kind.numbers.length >= 11;
    const name = random.pick(
      isChosen ? ["extra"] : ["pt", "px", "extra"].filter((each) => each === "extra" || kind.numbers.includes(each)),
    );
    const parts: (string | readonly [Piece, number])[] = [`, ${name}: `, [this.number(fuel / 2), levels.lambda]];
    const numbers = [...new Set([...kind.numbers, name])];
    const booleans = new Set(kind.booleans);
    const strings = new Set(kind.strings);
    const lists: Record<string, Element> = { ...kind.lists };
    if (random.chance(0.2)) {
      booleans.add("isExtra");
      parts.push(", isExtra: ", [this.boolean(fuel / 3), levels.lambda]);
    }
    if (random.chance(0.2)) {
      strings.add("name");
      parts.push(", name: ", [this.string(fuel / 3), levels.lambda]);
    }
    if (random.chance(0.2)) {
      const near = this.lists.any(fuel / 3);
      lists.near = near.element;
      parts.push(", near: ", [near.piece, levels.lambda]);
    }
    const isSpread = isChosen || random.chance(0.8);
    const made = isSpread
      ? piece(levels.call, "({ ...", [spread, levels.lambda], ...parts, " })")
      : piece(levels.call, "({ ", (parts[0] as string).slice(2), ...parts.slice(1), " })");
    const own = isSpread
      ? { numbers, booleans: [...booleans], strings: [...strings], lists, vector: kind.vector }
      : {
          numbers: [name],
          booleans: [...booleans].filter((each) => each === "isExtra" && parts.includes(", isExtra: ")),
          strings: [...strings].filter((each) => each === "name" && parts.includes(", name: ")),
          lists: parts.includes(", near: ") ? { near: lists.near! } : {},
          vector: false,
        };
    return { piece: { ...made, js: `record(${made.js})` }, kind: own };
  }

  #chosen(a: RecordPiece, b: RecordPiece, write: (a: Piece, b: Piece) => Piece): RecordPiece {
    const kind = chosenKind(a.kind, b.kind);
    if (kind) return { piece: write(a.piece, b.piece), kind };
    // JavaScript's value for no element would have no components.
    return this.missing ? a : b;
  }

  #optionalRecord(fuel: number): RecordPiece {
    const { piece: list, element } = this.lists.ofRecords(fuel);
    return { piece: this.#element(list, fuel), kind: element.record };
  }

  /** An element that was picked, and that JavaScript may ask nothing of, for it may be missing. */
  #pickedWhole(fuel: number): RecordPiece {
    const { piece: list, element } = this.lists.ofRecords(fuel);
    return {
      piece: method(
        list,
        this.random.pick(["minBy", "maxBy"]),
        lambda(["q"], member(leaf("q"), this.random.pick(numbersOf(element.record)))),
      ),
      kind: element.record,
    };
  }

  #vectorSum(fuel: number): RecordPiece {
    if (this.random.chance(0.15)) {
      const { piece: list, element } = this.lists.ofRecords(fuel);
      if (element.record.vector)
        return { piece: { ...method(list, "sum", leaf("vector => vector")), js: `totalOf(${list.js})` }, kind: sumKind };
    }
    return { piece: vectorSum(this.vector(fuel).piece, this.vector(fuel).piece), kind: sumKind };
  }

  vector(fuel: number): RecordPiece {
    const made = this.record(fuel);
    return made.kind.vector ? made : { piece: leaf("gen"), kind: kindOf("gen") };
  }
}
