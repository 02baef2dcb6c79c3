/** Maps every error that a handler throws to an HTTP answer. No other place does this. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { pause } from "../../base/pause.ts";
import { CoordinatorFullError, CoordinatorUnavailableError } from "../../coordination/coordinator.ts";
import { DatasetError } from "../../datasets/dataset.ts";
import { QueryError } from "../../engine/query/query-error.ts";
import { StoreError } from "../../storage/store-error.ts";
import type { Environment } from "../environment.ts";
import { answerProblem, HttpProblem, type ProblemStatus, titles } from "./problem.ts";

/**
 * Answers with a problem document. Only faults of this software are logged. A 429 is answered after a pause, because a client that repeats its request at
 * once would keep this process busy with refusing. `boundRequests` bounds how many such requests are held.
 */
export async function answerError(error: Error, c: Context<Environment>): Promise<Response> {
  const problem = toProblem(error);
  if (problem.status === 500) {
    const { method, path } = c.req;
    c.var.services.log.error({ err: error, request: c.var.requestId, method, path }, "request failed");
  }
  if (problem.status === 429) await pause(c.var.admission.refusalPause, new AbortController().signal);
  return answerProblem(problem);
}

function toProblem(error: Error): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof QueryError) return new HttpProblem(400, "bad-query", describeIssues(error), error.issues);
  if (error instanceof DatasetError)
    return new HttpProblem(error.permanent ? 422 : 503, error.permanent ? "unreadable-data" : "data-unavailable", error.message);
  if (error instanceof StoreError && error.code === "unavailable") return new HttpProblem(503, "store-unavailable", error.message);
  if (error instanceof CoordinatorUnavailableError) return new HttpProblem(503, "coordinator-unavailable", error.message);
  if (error instanceof CoordinatorFullError) return new HttpProblem(503, "queue-full", error.message);
  if (error instanceof HTTPException && error.status < 500 && error.status in titles)
    return new HttpProblem(error.status as ProblemStatus, "bad-request", error.message || titles[error.status as ProblemStatus]);
  return new HttpProblem(500, "internal", "The server failed at this request; its log says why.");
}

function describeIssues({ issues, total }: QueryError): string {
  const [first] = issues;
  const place = first.line === undefined ? "" : ` (line ${first.line}, column ${first.column})`;
  const near = first.near && first.near.length > 0 ? `; near: ${first.near.join(", ")}` : "";
  return `The query cannot be run: ${first.at || "/"}${place}: ${first.message}${near}${total > 1 ? `; and ${total - 1} more` : ""}`;
}
