/** `/functions`: named queries at plain URLs. Each call dispatches a query, waits for it and answers. */
import { type Context, Hono } from "hono";
import { nearNames } from "../../engine/query/near-names.ts";
import { chooseFormat } from "../dispatch/answer/answer-format.ts";
import { submitQuery } from "../dispatch/submit-query.ts";
import type { Environment } from "../environment.ts";
import { preferredWait } from "../http/bounded-wait.ts";
import { HttpProblem } from "../http/problem.ts";
import { readJson } from "../http/read-body.ts";
import type { QueryFunction } from "./query-function.ts";
import { readValues } from "./read-values.ts";

export const queryFunctions = new Hono<Environment>();

/** The seconds that a call waits for the end of its query without `Prefer: wait`. */
const usualWait = 60;
/** URL parameters that concern the answer, not the query. */
const ofTheAnswer = new Set(["format", "histogram", "variations"]);

queryFunctions.get("/", (c) => {
  const functions = [...c.var.services.queryFunctions].map(([name, each]) => describe(name, each));
  return c.json({ functions });
});

queryFunctions.get("/:name", async (c) => {
  const given = Object.entries(c.req.query()).filter(([name]) => !ofTheAnswer.has(name));
  return call(c, new Map(given));
});

queryFunctions.post("/:name", async (c) => {
  const body = await readJson(c);
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new HttpProblem(400, "bad-parameters", "The body must be a JSON object: parameter → value.");
  return call(c, new Map(Object.entries(body)));
});

async function call(c: Context<Environment, "/:name">, given: ReadonlyMap<string, unknown>): Promise<Response> {
  const { queryFunctions: known } = c.var.services;
  const name = c.req.param("name");
  const found = known.get(name);
  if (!found) {
    throw new HttpProblem(404, "unknown-function", `There is no function '${name.slice(0, 100)}'; GET /functions lists them.`, [
      { at: "/name", message: "is not a function", near: nearNames(name, known.keys()) },
    ]);
  }
  const format = chooseFormat(c);
  const query = found.query(readValues(found.parameters, given));
  return submitQuery(c, JSON.stringify(query), { wait: preferredWait(c) ?? usualWait, format });
}

const describe = (name: string, { description, parameters }: QueryFunction) => ({
  name,
  description,
  parameters,
  example: `/functions/${name}?${new URLSearchParams(Object.entries(parameters).map(([key, parameter]) => [key, String(parameter.default)]))}`,
});
