/** A request's JSON body, or a problem that says what is wrong with it. */
import type { Context } from "hono";
import { HttpProblem } from "./problem.ts";

/** Bytes of the largest request body. */
export const largestBody = 1_000_000;

export async function readJson(c: Context): Promise<unknown> {
  return parseJson(await c.req.text());
}

export function parseJson(text: string): unknown {
  if (text.trim() === "") throw new HttpProblem(400, "bad-json", "The request has no body: send a query as JSON.");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpProblem(400, "bad-json", `The request's body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
