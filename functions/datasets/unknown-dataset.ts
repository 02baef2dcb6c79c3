/** The problem for an unknown dataset: tells which datasets there are, and which one may be meant. */
import { nearNames } from "../../engine/query/near-names.ts";
import { HttpProblem } from "../http/problem.ts";

export function unknownDataset(name: string, known: readonly string[]): HttpProblem {
  const near = nearNames(name, known);
  const message = `there is no dataset '${name.slice(0, 200)}'; there ${known.length === 1 ? "is" : "are"} ${known.slice(0, 20).join(", ") || "none"}`;
  return new HttpProblem(404, "unknown-dataset", `There${message.slice(5)}.`, [
    { at: "/dataset", message, ...(near.length > 0 && { near }) },
  ]);
}
