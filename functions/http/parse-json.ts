/** Parses a request's JSON body; throws a problem that tells what is wrong with it. */
import { HttpProblem } from "./problem.ts";

export function parseJson(text: string): unknown {
  if (text.trim() === "") throw new HttpProblem(400, "bad-json", "The request has no body: send a query as JSON.");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpProblem(400, "bad-json", `The request's body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
