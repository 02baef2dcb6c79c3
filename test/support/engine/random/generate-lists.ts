/** Lists in generated expressions: collections and what filter, map, pairs, triples and fields make of them, lists of lists included. Over 300 lines: each makes the others. */
import { type ElementGenerator, type ListPiece, membersOf, type Name } from "./generated-elements.ts";
import { bracketed, chained, coalesce, conditional, lambda, leaf, levels, member, method, type Piece, piece } from "./piece.ts";
import { chosenKind, collections, type Element, kindOf, numbersOf, type RecordKind } from "./record-kinds.ts";

const deepest = 3;

export class ListGenerator {
  readonly #of: ElementGenerator;
  #depth = 0;
  #params = 0;

  constructor(of: ElementGenerator) {
    this.#of = of;
  }

  any(fuel: number): ListPiece {
    const { random } = this.#of;
    if (fuel > 1 && random.chance(0.05)) return this.#asked(this.any(fuel / 2), fuel / 2);
    if (fuel <= 1 || this.#depth >= deepest || random.chance(0.2)) return this.#base();
    const list = this.any(fuel / 2);
    switch (random.below(11)) {
      case 0:
        return this.#tuples(list, fuel / 2);
      case 1:
        return this.#mapped(list, fuel / 2);
      case 2:
        return this.#sliced(list, fuel / 2);
      case 3:
        return joinedElement(list.element, list.element) ? this.#joined(list, fuel / 2) : this.#sliced(list, fuel / 2);
      case 4:
        return this.#flattened(list, fuel / 2);
      case 5:
        return list.element.kind === "record" && this.#of.missing && random.chance(0.5)
          ? this.#nearest(list.piece, list.element, fuel / 2)
          : this.#sorted(list, fuel / 2);
      case 6:
        return this.#chosen(list, fuel / 2);
      case 7:
        return list.element.kind === "list" ? this.#takenOut(list.piece, list.element, fuel / 2) : this.#sorted(list, fuel / 2);
      default:
        return this.#filtered(list, fuel / 2);
    }
  }

  #base(): ListPiece {
    const { random } = this.#of;
    const params = this.#of.known("list");
    if (params.length > 0 && random.chance(0.6)) {
      const { name, element } = random.pick(params);
      return { piece: leaf(name), element: (element as Extract<Element, { kind: "list" }>).element };
    }
    const owners = this.#of.known("record").flatMap(({ name: owner, element }) => {
      const lists = element.kind === "record" ? Object.entries(element.record.lists ?? {}) : [];
      return lists.map(([field, of]): ListPiece => ({ piece: member(leaf(owner), field), element: of }));
    });
    if (owners.length > 0 && random.chance(0.5)) return random.pick(owners);
    const name = random.pick([...collections, ...collections, "hits", "codes", "marks", "tags", "tags", "Jet.cells", "Jet.parts"]);
    if (name === "Jet.cells") return { piece: leaf(name), element: { kind: "list", element: { kind: "number" } } };
    if (name === "Jet.parts") return { piece: leaf(name), element: { kind: "list", element: kindOf("Jet").lists!.parts! } };
    if (name === "hits" || name === "codes") return { piece: leaf(name), element: { kind: "number" } };
    if (name === "marks") return { piece: leaf(name), element: { kind: "boolean" } };
    if (name === "tags") return { piece: leaf(name), element: { kind: "string" } };
    return { piece: leaf(name), element: { kind: "record", record: kindOf(name) } };
  }

  #filtered(list: ListPiece, fuel: number): ListPiece {
    return {
      ...list,
      piece: method(
        list.piece,
        "filter",
        this.#function(list.element, () => this.#of.boolean(fuel)),
      ),
    };
  }

  /** Generates an operator that asks whether the list is null. */
  #asked(list: ListPiece, fuel: number): ListPiece {
    const { random } = this.#of;
    const element = random.chance(0.3) ? joinedElement(list.element, list.element) : undefined;
    if (element) return { element, piece: bracketed(coalesce(list.piece, this.#filtered(list, fuel).piece)) };
    const made = random.chance(0.5) ? this.#filtered(list, fuel) : this.#sliced(list, fuel);
    return { ...made, piece: chained(list.piece, made.piece) };
  }

  #sliced(list: ListPiece, fuel: number): ListPiece {
    const { random } = this.#of;
    const places = Array.from({ length: random.below(3) }, () => {
      if (random.chance(0.7)) return leaf(random.pick(["0", "1", "2", "-1", "-2", "3", "u", "1.5"]));
      return this.#of.number(fuel / 2);
    });
    return { ...list, piece: method(list.piece, "slice", ...places) };
  }

  /** Joins the list with itself, or with another list whose elements have something in common with its own. */
  #joined(list: ListPiece, fuel: number): ListPiece {
    const other = this.any(fuel);
    const element = joinedElement(list.element, other.element);
    if (element && this.#of.random.chance(0.7)) return { piece: method(list.piece, "concat", other.piece), element };
    return { element: joinedElement(list.element, list.element)!, piece: method(list.piece, "concat", this.#filtered(list, fuel).piece) };
  }

  #sorted(list: ListPiece, fuel: number): ListPiece {
    return {
      ...list,
      piece: method(
        list.piece,
        "sortBy",
        this.#function(list.element, () => this.#of.number(fuel)),
      ),
    };
  }

  /** Where there is none, an element is missing: of what JavaScript makes of it, it could be asked nothing. */
  #nearest(list: Piece, { record }: Extract<Element, { kind: "record" }>, fuel: number): ListPiece {
    const [a, b] = this.#parameterNames(2);
    const other = this.ofRecords(Math.min(fuel, 4));
    const { names } = this.#of;
    const bound = [a, b].map(
      (name, index): Name => ({ name, element: { kind: "record", record: index === 0 ? record : other.element.record } }),
    );
    this.#of.names = [...names.filter(({ name }) => ![a, b].includes(name.split("[")[0])), ...bound];
    const distance = lambda([a, b], this.#of.number(fuel));
    this.#of.names = names;
    return { piece: method(list, "nearest", other.piece, distance), element: other.element };
  }

  /** Returns the list unchanged, or filtered by a test. */
  #chosen(list: ListPiece, fuel: number): ListPiece {
    const element = joinedElement(list.element, list.element);
    if (!element) return this.#filtered(list, fuel);
    const sides = [list.piece, this.#filtered(list, fuel).piece] as const;
    return {
      element,
      piece: bracketed(
        this.#of.random.chance(0.5)
          ? conditional(this.#of.boolean(fuel), ...sides)
          : conditional(this.#of.boolean(fuel), sides[1], sides[0]),
      ),
    };
  }

  /** Takes one of the inner lists. If nothing may be missing, another one is taken instead of none. */
  #takenOut(lists: Piece, { element }: Extract<Element, { kind: "list" }>, fuel: number): ListPiece {
    const { random, missing } = this.#of;
    const one = random.chance(0.5)
      ? method(lists, "at", leaf(random.pick(["0", "1", "-1", "n"])))
      : piece(levels.call, [lists, levels.call], "[", [leaf(random.pick(["0", "1", "2"])), levels.lambda], "]");
    if (element.kind !== "number" && element.kind !== "boolean") return missing ? { piece: one, element } : this.#base();
    if (missing && random.chance(0.6)) return { piece: one, element };
    const other = element.kind === "number" ? this.ofNumbers(fuel).piece : leaf("marks");
    return { piece: bracketed(coalesce(one, other)), element };
  }

  #flattened(list: ListPiece, fuel: number): ListPiece {
    let element: Element = { kind: "number" };
    const body = this.#function(list.element, () => {
      // Short ones: lists of lists of lists grow fast.
      const inner = this.#filtered(this.#base(), Math.min(fuel, 2));
      element = inner.element;
      return inner.piece;
    });
    return { piece: method(list.piece, "flatMap", body), element };
  }

  #tuples(list: ListPiece, fuel: number): ListPiece {
    const { random } = this.#of;
    const size = list.element.kind === "tuple" ? 2 : random.pick([1, 2, 2, 2, 2, 3, 3, 4]);
    if (size === 2 && random.chance(0.3)) {
      const other = random.chance(0.5) ? this.#filtered(list, 2) : this.any(Math.min(fuel, 4));
      return { piece: method(list.piece, "cross", other.piece), element: { kind: "tuple", members: [list.element, other.element] } };
    }
    return this.#combined(list, size);
  }

  #combined<Of extends Element>(list: ListPiece<Of>, size = this.#of.random.pick([2, 2, 3])): ListPiece {
    const { random } = this.#of;
    const element: Element = { kind: "tuple", members: Array.from({ length: size }, () => list.element) };
    const short = ["", "", "pairs", "triples"][size];
    return {
      piece: short && random.chance(0.7) ? method(list.piece, short) : method(list.piece, "combinations", leaf(String(size))),
      element,
    };
  }

  #mapped(list: ListPiece, fuel: number): ListPiece {
    const { random } = this.#of;
    let element: Element = { kind: "number" };
    const body = this.#function(list.element, () => {
      switch (random.below(9)) {
        case 0: {
          const inner = this.any(fuel);
          element = { kind: "list", element: inner.element };
          return inner.piece;
        }
        case 1: {
          const inner = this.#of.record(fuel);
          element = { kind: "record", record: inner.kind };
          return inner.piece;
        }
        case 2:
          element = { kind: "boolean" };
          return this.#of.boolean(fuel);
        case 4:
          element = { kind: "string" };
          return this.#of.string(fuel);
        case 3: {
          const { piece: literal, kind } = this.#of.literal(fuel);
          element = { kind: "record", record: kind };
          return literal;
        }
        default:
          return this.#of.number(fuel);
      }
    });
    return { piece: method(list.piece, "map", body), element };
  }

  ofNumbers(fuel: number): ListPiece {
    const { random } = this.#of;
    const list = this.any(fuel);
    const { element } = list;
    if (element.kind === "number") return list;
    if (element.kind === "record" && random.chance(0.5)) {
      return { piece: member(list.piece, random.pick(numbersOf(element.record))), element: { kind: "number" } };
    }
    return {
      piece: method(
        list.piece,
        "map",
        this.#function(element, () => this.#of.number(fuel / 2)),
      ),
      element: { kind: "number" },
    };
  }

  ofRecords(fuel: number): ListPiece<Extract<Element, { kind: "record" }>> {
    const list = this.any(fuel);
    if (list.element.kind === "record") return { piece: list.piece, element: list.element };
    const name = this.#of.random.pick(collections);
    return { piece: leaf(name), element: { kind: "record", record: kindOf(name) } };
  }

  /** Something of each element of this very list. */
  mappedTo(kind: "number" | "boolean", list: ListPiece, fuel: number): Piece {
    return method(
      list.piece,
      "map",
      this.#function(list.element, () => this.#of[kind](fuel)),
    );
  }

  ofBooleans(fuel: number): Piece {
    const list = this.any(fuel);
    if (list.element.kind === "boolean") return list.piece;
    if (this.#of.random.chance(0.2)) return leaf("marks");
    return method(
      list.piece,
      "map",
      this.#function(list.element, () => this.#of.boolean(fuel / 2)),
    );
  }

  /** Picks one of a list of numbers. */
  pickedNumber(fuel: number): Piece {
    const list = this.ofNumbers(fuel / 2);
    const name = this.#of.random.pick(["find", "minBy", "maxBy"]);
    const body = () => (name === "find" ? this.#of.boolean(fuel / 2) : this.#of.number(fuel / 2));
    return method(list.piece, name, this.#function(list.element, body));
  }

  reduced(name: "sum" | "product" | "mean" | "min" | "max", fuel: number): Piece {
    const list = this.any(fuel);
    return method(
      list.piece,
      name,
      this.#function(list.element, () => this.#of.number(fuel / 2)),
    );
  }

  /** Picks one element of a list of records, or of tuples of these; it may be missing. */
  picked(fuel: number): { readonly piece: Piece; readonly kind: RecordKind } {
    const { random } = this.#of;
    const records = this.ofRecords(fuel / 2);
    const { record } = records.element;
    const isTuple = random.chance(0.4);
    const list = isTuple ? this.#combined(records) : records;
    const name = random.pick(["find", "minBy", "maxBy"]);
    const body = () => (name === "find" ? this.#of.boolean(fuel / 2) : this.#of.number(fuel / 2));
    const one = method(list.piece, name, this.#function(list.element, body));
    return { piece: isTuple ? piece(levels.call, [one, levels.call], random.pick(["[0]", "[1]"])) : one, kind: record };
  }

  tested(name: "some" | "every" | "any" | "all" | "count", fuel: number): Piece {
    const list = this.any(fuel);
    return method(
      list.piece,
      name,
      this.#function(list.element, () => this.#of.boolean(fuel / 2)),
    );
  }

  pairTest(list: Piece, test: (a: Piece, b: Piece) => Piece): Piece {
    return method(method(list, "pairs"), "some", lambda(["l", "r"], test(leaf("l"), leaf("r"))));
  }

  /** A function over such elements; over tuples of either one parameter or the members, with or without the index. */
  #function(element: Element, body: () => Piece): Piece {
    const { random, names } = this.#of;
    const isSpread = element.kind === "tuple" && element.members.length > 1 && random.chance(0.8);
    const first: readonly Element[] = isSpread ? element.members : [element];
    const withIndex = (element.kind !== "tuple" || isSpread) && random.chance(0.3);
    const elements: readonly Element[] = withIndex ? [...first, { kind: "number" }] : first;
    const written = this.#parameterNames(elements.length);
    const params = elements.map((of, index): Name => ({ name: written[index], element: of }));
    const own = new Set(written);
    this.#of.names = [...names.filter(({ name }) => !own.has(name.split("[")[0])), ...params.flatMap((each) => [each, ...membersOf(each)])];
    this.#depth++;
    const made = lambda(written, body());
    this.#depth--;
    this.#of.names = names;
    return made;
  }

  /** Now and then one that means something else outside. */
  #parameterNames(count: number): readonly string[] {
    const { random, names } = this.#of;
    const outer = names.filter(({ name }) => !name.includes("["));
    const reused = outer.length > 0 && random.chance(0.1) ? [random.pick(outer).name] : [];
    return [...reused, ...Array.from({ length: count - reused.length }, () => `p${this.#params++}`)];
  }
}

/** The kind of elements in two concatenated lists; undefined if they have nothing in common. */
function joinedElement(a: Element, b: Element): Element | undefined {
  if (a.kind === "record" && b.kind === "record") {
    const record = chosenKind(a.record, b.record);
    return record && { kind: "record", record: { ...record, lists: {} } };
  }
  if (a.kind === "tuple" && b.kind === "tuple") {
    if (a.members.length !== b.members.length) return undefined;
    const members = a.members.flatMap((member, place) => joinedElement(member, b.members[place]!) ?? []);
    return members.length === a.members.length ? { kind: "tuple", members } : undefined;
  }
  return a.kind === b.kind && a.kind !== "list" ? a : undefined;
}
