/**
 * Four-vectors, spelled out in numbers. A record is one when it has pt, eta, phi and mass or energy (with neither it is
 * massless), or px, py, pz and energy. Energies in the data's unit (GeV), angles in radians. The mass of a spacelike sum is
 * −√(−m²), as in ROOT's TLorentzVector.
 */
import type { Term, Terms } from "../program/term.ts";
import { boolean, isOptional, number, type RecordType, type Type, withOptional } from "../program/types.ts";

export const components = ["pt", "eta", "phi", "mass", "energy", "px", "py", "pz", "p", "rapidity", "mt"] as const;
export type Component = (typeof components)[number];

export const isFourVector = (type: Type): type is RecordType => type.kind === "record" && (isPolar(type) || isCartesian(type));
const isNumber = (type: RecordType, name: string) => type.fields.get(name)?.kind === "number";
const isPolar = (type: RecordType) => ["pt", "eta", "phi"].every((name) => isNumber(type, name));
const isCartesian = (type: RecordType) => ["px", "py", "pz", "energy"].every((name) => isNumber(type, name));

/** Writes numeric formulas over terms; optional wherever an argument is. */
export class Formulas {
  readonly #terms: Terms;
  readonly #field: (record: Term, name: string) => Term;

  /** `field` gives a field that the record has. */
  constructor(terms: Terms, field: (record: Term, name: string) => Term) {
    this.#terms = terms;
    this.#field = field;
  }

  #make(operation: "add" | "subtract" | "multiply" | "divide" | "function", args: readonly Term[], name?: string): Term {
    return this.#terms.make(
      operation,
      withOptional(
        number,
        args.some((arg) => isOptional(arg.type)),
      ),
      args,
      name,
    );
  }
  constant = (value: number): Term => this.#terms.make("number", number, [], value);
  add = (a: Term, b: Term): Term => this.#make("add", [a, b]);
  subtract = (a: Term, b: Term): Term => this.#make("subtract", [a, b]);
  multiply = (a: Term, b: Term): Term => this.#make("multiply", [a, b]);
  divide = (a: Term, b: Term): Term => this.#make("divide", [a, b]);
  call = (name: string, ...args: readonly Term[]): Term => this.#make("function", args, name);
  square = (a: Term): Term => this.multiply(a, a);

  /** A component of a four-vector: its own field where it has one, else from the others. */
  component(record: Term, name: Component): Term {
    const type = record.type as RecordType;
    if (isNumber(type, name)) return this.#field(record, name);
    const get = (each: Component) => this.component(record, each);
    return isCartesian(type) ? this.#fromCartesian(get, name) : this.#fromPolar(type, get, name);
  }

  #fromCartesian(get: (name: Component) => Term, name: Component): Term {
    const { add, subtract, square, call } = this;
    const perpendicular = () => add(square(get("px")), square(get("py")));
    switch (name) {
      case "pt":
        return call("sqrt", perpendicular());
      case "p":
        return call("sqrt", add(perpendicular(), square(get("pz"))));
      case "mass":
        return call(
          "signedSqrt",
          subtract(subtract(subtract(square(get("energy")), square(get("px"))), square(get("py"))), square(get("pz"))),
        );
      case "phi":
        return call("atan2", get("py"), get("px"));
      case "eta":
        return call("asinh", this.divide(get("pz"), get("pt")));
      default:
        return this.#fromEnergy(get, name);
    }
  }

  #fromPolar(type: RecordType, get: (name: Component) => Term, name: Component): Term {
    const { add, subtract, multiply, square, call } = this;
    const slope = () => call("sinh", get("eta"));
    switch (name) {
      case "px":
        return multiply(get("pt"), call("cos", get("phi")));
      case "py":
        return multiply(get("pt"), call("sin", get("phi")));
      case "pz":
        return multiply(get("pt"), slope());
      case "p":
        return multiply(get("pt"), call("cosh", get("eta")));
      case "energy": {
        const momentum = multiply(square(get("pt")), add(this.constant(1), square(slope())));
        return call("sqrt", isNumber(type, "mass") ? add(momentum, square(get("mass"))) : momentum);
      }
      case "mass":
        if (!isNumber(type, "energy")) return isOptional(get("pt").type) ? call("zeroOf", get("pt")) : this.constant(0);
        return call("signedSqrt", subtract(square(get("energy")), multiply(square(get("pt")), add(this.constant(1), square(slope())))));
      default:
        return this.#fromEnergy(get, name);
    }
  }

  #fromEnergy(get: (name: Component) => Term, name: Component): Term {
    const { add, subtract, square, call } = this;
    if (name === "rapidity") {
      return this.multiply(this.constant(0.5), call("log", this.divide(add(get("energy"), get("pz")), subtract(get("energy"), get("pz")))));
    }
    return call("signedSqrt", subtract(square(get("energy")), square(get("pz"))));
  }

  /** The sum of two four-vectors, as px, py, pz, energy; missing where either is. */
  sum(a: Term, b: Term): Term {
    const names = ["px", "py", "pz", "energy"] as const;
    const args = names.map((name) => this.add(this.component(a, name), this.component(b, name)));
    const fields = new Map<string, Type>(names.map((name, index) => [name, args[index].type]));
    const mayMiss = [a, b].filter(({ type }) => isOptional(type)).map((each) => this.#terms.make("is-present", boolean, [each]));
    const isThere = mayMiss.length === 2 ? [this.#terms.make("and", boolean, mayMiss)] : mayMiss;
    const type: Type = { kind: "record", name: "four-vector", fields, optional: isThere.length > 0 };
    return this.#terms.make("record", type, [...args, ...isThere], "four-vector");
  }
}
