/**
 * Gives every request an id and measures its time. A request that submits a query also has a line in the log when it arrives and one when it is answered.
 *
 * The id is the client's `X-Request-Id` if that has a plain form, else a new one; the answer carries it, too. A request in the log
 * without an answer was under way when the process ended.
 */
import type { Context, Next } from "hono";
import type { Environment } from "../environment.ts";
import type { LabelOf } from "./metrics.ts";

const plainId = /^[\w.:-]{1,100}$/;
const start = crypto.randomUUID().slice(0, 8);
let requests = 0;

export async function observeRequests(c: Context<Environment>, next: Next): Promise<void> {
  const begun = performance.now();
  const { log, meter } = c.var.services;
  const { method, path } = c.req;
  const given = c.req.header("x-request-id");
  const request = given !== undefined && plainId.test(given) ? given : `${start}-${(++requests).toString(36)}`;
  const asks = asksQuery(method, path);
  c.set("requestId", request);
  if (asks) log.info({ request, method, path, client: c.req.header("femtoq-client")?.slice(0, 100) }, "request received");
  await next();
  const { status } = c.res;
  const seconds = (performance.now() - begun) / 1000;
  // Set on the answer itself, since `c.header` would copy it.
  c.res.headers.set("x-request-id", request);
  meter?.observe("femtoq_http_seconds", routeOf(method, path), seconds);
  meter?.count("femtoq_http_answers_total", classOf(status));
  if (!asks) return;
  if (status >= 400) meter?.count("femtoq_queries_total", "refused");
  log.info({ request, query: c.var.queryId, status, ms: Math.round(seconds * 1e6) / 1000 }, "request answered");
}

/** Whether the request submits a query or calls a query function. */
function asksQuery(method: string, path: string): boolean {
  if (path === "/queries") return method === "POST";
  return path.startsWith("/functions/") && (method === "POST" || method === "GET");
}

function classOf(status: number): LabelOf<"femtoq_http_answers_total"> {
  if (status === 429) return "429";
  if (status === 503) return "503";
  return status >= 500 ? "5xx" : status >= 400 ? "4xx" : status >= 300 ? "3xx" : "2xx";
}

const byFirstPart: ReadonlyMap<string, LabelOf<"femtoq_http_seconds">> = new Map([
  ["", "page"],
  ["assets", "page"],
  ["compute", "compute"],
  ["datasets", "datasets"],
  ["functions", "functions"],
  ["healthz", "status"],
  ["readyz", "status"],
  ["nodes", "status"],
  ["metrics", "status"],
]);

function routeOf(method: string, path: string): LabelOf<"femtoq_http_seconds"> {
  const [, first = "", second, third] = path.split("/", 4);
  if (first !== "queries") return byFirstPart.get(first) ?? "other";
  if (second === undefined || second === "") return method === "POST" ? "queries" : "query";
  if (second === "explain") return "explain";
  return third === "events" ? "events" : "query";
}
