/** Checks the parameters of a call against the function's declaration. Throws a problem that names each wrong one. */
import { nearNames } from "../../engine/query/near-names.ts";
import type { QueryIssue } from "../../engine/query/query-error.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Parameter, Parameters, Values } from "./query-function.ts";

export function readValues(parameters: Parameters, given: ReadonlyMap<string, unknown>): Values<Parameters> {
  const issues: QueryIssue[] = [];
  for (const name of given.keys()) {
    if (!Object.hasOwn(parameters, name))
      issues.push({ at: `/${name}`, message: "is not a parameter of this function", near: nearNames(name, Object.keys(parameters)) });
  }
  const values = Object.entries(parameters).map(([name, parameter]) => {
    const value = given.has(name) ? readValue(parameter, given.get(name)) : parameter.default;
    if (value === undefined) issues.push({ at: `/${name}`, message: `must be ${describe(parameter)}` });
    return [name, value ?? parameter.default] as const;
  });
  if (issues.length > 0)
    throw new HttpProblem(400, "bad-parameters", issues.map(({ at, message }) => `${at.slice(1)} ${message}`).join("; "), issues);
  return Object.fromEntries(values) as Values<Parameters>;
}

function readValue(parameter: Parameter, given: unknown): number | boolean | string | undefined {
  switch (parameter.type) {
    case "number":
    case "integer": {
      const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
      if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
      if (parameter.type === "integer" && !Number.isInteger(value)) return undefined;
      return value >= (parameter.minimum ?? value) && value <= (parameter.maximum ?? value) ? value : undefined;
    }
    case "boolean":
      return given === true || given === "true" ? true : given === false || given === "false" ? false : undefined;
    case "string":
      return typeof given === "string" && new RegExp(`^(?:${parameter.pattern ?? ".*"})$`).test(given) ? given : undefined;
  }
}

function describe(parameter: Parameter): string {
  if (parameter.type === "boolean") return "true or false";
  if (parameter.type === "string") return parameter.pattern ? `a text of the form ${parameter.pattern}` : "a text";
  const { minimum, maximum } = parameter;
  const range =
    minimum !== undefined && maximum !== undefined
      ? ` from ${minimum} to ${maximum}`
      : minimum !== undefined
        ? ` of at least ${minimum}`
        : maximum !== undefined
          ? ` of at most ${maximum}`
          : "";
  return `${parameter.type === "integer" ? "a whole number" : "a number"}${range}`;
}
