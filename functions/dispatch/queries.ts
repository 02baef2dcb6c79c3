/** The routes below `/queries`: submit, poll, follow, withdraw, retry and explain queries. */
import { type Context, Hono } from "hono";
import { isEnded } from "../api.ts";
import type { Environment } from "../environment.ts";
import { preferredWait } from "../http/bounded-wait.ts";
import { HttpProblem } from "../http/problem.ts";
import { readText } from "../http/read-body.ts";
import { requireOperator } from "../http/this-machine.ts";
import { answerFollowed, chooseFormat } from "./answer/answer-format.ts";
import { listQueries, readListing } from "./answer/list-queries.ts";
import { streamEvents } from "./answer/stream-events.ts";
import type { Asker } from "./dispatcher.ts";
import { findQuery, findToWithdraw } from "./find-query.ts";
import type { FollowedQuery } from "./follow/followed-query.ts";
import { explainQuery } from "./plan/explain-query.ts";
import { retryQuery } from "./retry-query.ts";
import { submitQuery } from "./submit-query.ts";
import { purgeQuery, stopQuery, withdrawQuery } from "./withdraw-query.ts";

export const queries = new Hono<Environment>();

queries.post("/", async (c) => {
  const options = { format: chooseFormat(c), wait: preferredWait(c) ?? 0 };
  return submitQuery(c, await readText(c), options);
});

queries.post("/explain", async (c) => c.json(await explainQuery(c.var.dispatcher, await readText(c))));

queries.get("/:id", async (c) => {
  const format = chooseFormat(c);
  const followed = await find(c);
  if (format !== "json") return answerFollowed(c, followed, format, 200);
  return c.body(c.var.dispatcher.statuses.get(followed).text, 200, { "content-type": "application/json" });
});

queries.get("/:id/events", async (c) => streamEvents(c, await find(c)));

queries.get("/", async (c) => c.json(await listQueries(c.var.dispatcher, readListing(c.req.query()))));

queries.delete("/:id", async (c) => {
  const { dispatcher } = c.var;
  const followed = await findToWithdraw(dispatcher, queryIdOf(c));
  if (isSet(c, "purge")) {
    await requireOperator(c);
    return c.json({ id: followed.query.id, ...(await purgeQuery(dispatcher, followed, askerOf(c))) });
  }
  if (isSet(c, "force")) {
    await requireOperator(c);
    await stopQuery(dispatcher, followed, askerOf(c));
  } else await withdrawQuery(dispatcher, followed, askerOf(c));
  return c.json(dispatcher.statuses.describe(followed));
});

/**
 * Reads `?NAME` or `?NAME=true` as true, and `?NAME=false` or none as false. Throws `HttpProblem` for anything else, so that nothing is stopped or purged by
 * mistake.
 */
function isSet(c: Context<Environment>, name: string): boolean {
  const value = c.req.query(name) ?? "false";
  if (!["", "true", "false"].includes(value))
    throw new HttpProblem(400, "bad-request", `${name} is true or false, not ${JSON.stringify(value.slice(0, 40))}.`);
  return value !== "false";
}

queries.post("/:id/retry", async (c) => {
  const followed = await find(c);
  const retried = await retryQuery(c.var.dispatcher, followed, askerOf(c));
  const status = c.var.dispatcher.statuses.describe(followed);
  return c.json({ ...status, retried }, isEnded(status) ? 200 : 202);
});

const askerOf = (c: Context<Environment>): Asker => ({ client: c.var.client, gone: c.req.raw.signal });

const find = (c: Context<Environment, "/:id">): Promise<FollowedQuery> => findQuery(c.var.dispatcher, queryIdOf(c), c.var.client.interest);

/** The id in the path, which the log of requests tells, too. */
function queryIdOf(c: Context<Environment, "/:id">): string {
  const id = c.req.param("id");
  c.set("queryId", id.slice(0, 80));
  return id;
}
