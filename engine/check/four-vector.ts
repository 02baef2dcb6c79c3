/**
 * Four-vectors, spelled out in numbers. A record is one when it has pt, eta, phi and mass or energy (with neither it is
 * massless), or px, py, pz and energy. Energies in the data's unit (GeV), angles in radians. The mass of a spacelike sum is
 * −√(−m²), as in ROOT's TLorentzVector.
 */
import { fieldOf, recordOf, typeOver } from "../program/make-terms.ts";
import type { Term, Terms } from "../program/term.ts";
import { boolean, isOptional, number, type RecordType, type Type } from "../program/types.ts";

export const components = ["pt", "eta", "phi", "mass", "energy", "px", "py", "pz", "p", "rapidity", "mt"] as const;
export type Component = (typeof components)[number];

export const isFourVector = (type: Type): type is RecordType => type.kind === "record" && (isPolar(type) || isCartesian(type));
const isNumber = (type: RecordType, name: string) => type.fields.get(name)?.kind === "number";
const isPolar = (type: RecordType) => ["pt", "eta", "phi"].every((name) => isNumber(type, name));
const isCartesian = (type: RecordType) => ["px", "py", "pz", "energy"].every((name) => isNumber(type, name));

/** Makes terms of numeric formulas. Each may be missing if one of its arguments may be. */
export class Formulas {
  readonly #terms: Terms;

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  #make(operation: "add" | "subtract" | "multiply" | "divide" | "function", args: readonly Term[], name?: string): Term {
    return this.#terms.make(operation, typeOver(args, number), args, name);
  }
  constant = (value: number): Term => this.#terms.make("number", number, [], value);
  add = (a: Term, b: Term): Term => this.#make("add", [a, b]);
  subtract = (a: Term, b: Term): Term => this.#make("subtract", [a, b]);
  multiply = (a: Term, b: Term): Term => this.#make("multiply", [a, b]);
  divide = (a: Term, b: Term): Term => this.#make("divide", [a, b]);
  call = (name: string, ...args: readonly Term[]): Term => this.#make("function", args, name);
  square = (a: Term): Term => this.multiply(a, a);

  /** A component of a four-vector: the record's field if it has one of that name, else computed from the other fields. */
  component(record: Term, name: Component): Term {
    const type = record.type as RecordType;
    if (isNumber(type, name)) return fieldOf(this.#terms, record, name);
    const get = (each: Component) => this.component(record, each);
    return (isCartesian(type) ? fromCartesian : fromPolar)[name](this, get, type);
  }

  /** The sum of two four-vectors, as px, py, pz, energy; missing if either is. */
  sum(a: Term, b: Term): Term {
    const mayMiss = [a, b].filter(({ type }) => isOptional(type)).map((each) => this.#terms.make("is-present", boolean, [each]));
    const isThere = mayMiss.length === 2 ? [this.#terms.make("and", boolean, mayMiss)] : mayMiss;
    return this.total((name) => this.add(this.component(a, name), this.component(b, name)), isThere);
  }

  /** A four-vector of px, py, pz and energy. If it may be missing, `isThere` holds one term, which tells whether it is there. */
  total(sumOf: (name: Component) => Term, isThere: readonly Term[] = []): Term {
    const names = ["px", "py", "pz", "energy"] as const;
    const args = names.map(sumOf);
    const fields = new Map<string, Type>(names.map((name, index) => [name, args[index].type]));
    const type: RecordType = { kind: "record", name: "four-vector", fields, optional: isThere.length > 0 };
    return recordOf(this.#terms, type, [...args, ...isThere]);
  }
}

type Get = (name: Component) => Term;
type Formula = (formulas: Formulas, get: Get, type: RecordType) => Term;
/** The formula of each component. Those marked `own` are never evaluated: `component` reads the field instead. */
type ComponentFormulas = Readonly<Record<Component, Formula>>;

const own: Formula = () => {
  throw new Error("Cannot compute a component from itself");
};
const perpendicular = ({ add, square }: Formulas, get: Get) => add(square(get("px")), square(get("py")));

/** E² − pz² as (E − pz)(E + pz), which does not cancel where pz is nearly E. */
const transverse = ({ add, subtract, multiply }: Formulas, get: Get) =>
  multiply(subtract(get("energy"), get("pz")), add(get("energy"), get("pz")));

const fromEnergy = {
  rapidity: ({ add, subtract, multiply, divide, constant, call }: Formulas, get: Get) =>
    multiply(constant(0.5), call("log", divide(add(get("energy"), get("pz")), subtract(get("energy"), get("pz"))))),
  mt: (formulas: Formulas, get: Get) => formulas.call("signedSqrt", transverse(formulas, get)),
};

const fromCartesian: ComponentFormulas = {
  ...fromEnergy,
  px: own,
  py: own,
  pz: own,
  energy: own,
  pt: (formulas, get) => formulas.call("sqrt", perpendicular(formulas, get)),
  p: (formulas, get) => formulas.call("sqrt", formulas.add(perpendicular(formulas, get), formulas.square(get("pz")))),
  mass({ subtract, square, call }, get) {
    const squares = (["px", "py", "pz"] as const).map((name) => square(get(name)));
    return call("signedSqrt", squares.reduce(subtract, square(get("energy"))));
  },
  phi: ({ call }, get) => call("atan2", get("py"), get("px")),
  eta: ({ call, divide }, get) => call("asinh", divide(get("pz"), get("pt"))),
};

/** pt² cosh² η, the square of the momentum. */
const momentum = ({ add, multiply, square, constant, call }: Formulas, get: Get) =>
  multiply(square(get("pt")), add(constant(1), square(call("sinh", get("eta")))));

/** Without a field `energy`, rapidity and mt avoid computing it: at large |η| it equals pz up to rounding, and E − pz would cancel. */
const fromPolar: ComponentFormulas = {
  rapidity(formulas, get, type) {
    if (isNumber(type, "energy")) return fromEnergy.rapidity(formulas, get);
    return isNumber(type, "mass") ? formulas.call("asinh", formulas.divide(get("pz"), get("mt"))) : get("eta");
  },
  mt(formulas, get, type) {
    if (isNumber(type, "energy")) return fromEnergy.mt(formulas, get);
    const { add, square, call } = formulas;
    return isNumber(type, "mass") ? call("sqrt", add(square(get("pt")), square(get("mass")))) : call("abs", get("pt"));
  },
  pt: own,
  eta: own,
  phi: own,
  px: ({ multiply, call }, get) => multiply(get("pt"), call("cos", get("phi"))),
  py: ({ multiply, call }, get) => multiply(get("pt"), call("sin", get("phi"))),
  pz: ({ multiply, call }, get) => multiply(get("pt"), call("sinh", get("eta"))),
  p: ({ multiply, call }, get) => multiply(get("pt"), call("cosh", get("eta"))),
  energy(formulas, get, type) {
    const squared = momentum(formulas, get);
    return formulas.call("sqrt", isNumber(type, "mass") ? formulas.add(squared, formulas.square(get("mass"))) : squared);
  },
  mass(formulas, get, type) {
    if (isNumber(type, "energy"))
      return formulas.call("signedSqrt", formulas.subtract(formulas.square(get("energy")), momentum(formulas, get)));
    return isOptional(get("pt").type) ? formulas.call("zeroOf", get("pt")) : formulas.constant(0);
  },
};
