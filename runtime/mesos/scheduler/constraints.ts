/** Checks whether an agent meets the constraints of a task. */
import type { Attribute } from "../protocol/shapes.ts";
import type { Constraint } from "./wanted-task.ts";

export interface Described {
  readonly hostname: string;
  readonly attributes: readonly Attribute[];
}

/** An attribute of the agent in the text form that Mesos prints; undefined if the agent does not have it. */
export function attributeOf({ hostname, attributes }: Described, name: string): string | undefined {
  if (name === "hostname") return hostname;
  const found = attributes.find((each) => each.name === name);
  if (found === undefined) return undefined;
  switch (found.kind) {
    case "text":
      return found.text;
    case "scalar":
      return String(found.value);
    case "ranges":
      return `[${found.ranges.map(({ begin, end }) => `${begin}-${end}`).join(", ")}]`;
    case "set":
      return `{${found.items.join(", ")}}`;
  }
}

/** `countAlike` counts the group's live tasks on agents where the attribute has this value. An agent without the attribute only meets `isNot` and `unlike`. */
export function meets(agent: Described, constraint: Constraint, countAlike: (attribute: string, value: string) => number): boolean {
  const value = attributeOf(agent, constraint.attribute);
  if ("isNot" in constraint) return value !== constraint.isNot;
  if ("unlike" in constraint) return value === undefined || !whole(constraint.unlike).test(value);
  if (value === undefined) return false;
  if ("is" in constraint) return value === constraint.is;
  if ("like" in constraint) return whole(constraint.like).test(value);
  return countAlike(constraint.attribute, value) < constraint.most;
}

const expressions = new Map<string, RegExp>();

function whole(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known) return known;
  const expression = new RegExp(`^(?:${pattern})$`, "u");
  expressions.set(pattern, expression);
  return expression;
}

/** A constraint for people, such as "hostname is a.example". */
export function describeConstraint(constraint: Constraint): string {
  const { attribute } = constraint;
  if ("is" in constraint) return `${attribute} is ${constraint.is}`;
  if ("isNot" in constraint) return `${attribute} is not ${constraint.isNot}`;
  if ("like" in constraint) return `${attribute} is like ${constraint.like}`;
  if ("unlike" in constraint) return `${attribute} is unlike ${constraint.unlike}`;
  return `at most ${constraint.most} with the same ${attribute}`;
}
