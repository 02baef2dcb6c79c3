/**
 * Refuses bodies that are too large: by their declared length where there is one, which costs nothing, and otherwise while they are read. The HTTP
 * server sees to it that a body has its declared length.
 */
import type { Context, Next } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Environment } from "../environment.ts";
import { answerProblem, HttpProblem } from "./problem.ts";
import { largestBody } from "./read-body.ts";

const refuse = () => answerProblem(new HttpProblem(413, "too-large", `A request's body may have at most ${largestBody} bytes.`));
const limitWhileReading = bodyLimit({ maxSize: largestBody, onError: refuse });

// biome-ignore lint/suspicious/noConfusingVoidType: what Hono's middleware gives
export async function limitBody(c: Context<Environment>, next: Next): Promise<Response | void> {
  const { method } = c.req;
  if (method === "GET" || method === "HEAD") return next();
  const length = c.req.header("content-length");
  if (length === undefined || c.req.header("transfer-encoding") !== undefined) return limitWhileReading(c, next);
  return Number(length) <= largestBody ? next() : refuse();
}
