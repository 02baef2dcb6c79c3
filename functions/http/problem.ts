/** One map from errors to HTTP: RFC 9457 problem documents that say whose fault it was and what would be right. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { CoordinatorFullError, CoordinatorUnavailableError } from "../../coordination/coordinator.ts";
import { DatasetError } from "../../datasets/dataset.ts";
import { QueryError, type QueryIssue } from "../../engine/query/query-error.ts";
import { StoreError } from "../../storage/store-error.ts";
import type { Problem } from "../api.ts";
import type { Environment } from "../services.ts";

const titles = {
  400: "Bad request",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  413: "Content too large",
  422: "Cannot be done",
  429: "Too many requests",
  500: "Internal error",
  503: "Unavailable",
} as const;

type ProblemStatus = keyof typeof titles;

/** An answer that is an error, thrown from anywhere in a handler. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: ProblemStatus;
  readonly code: string;
  readonly errors: readonly QueryIssue[];
  /** Of the answer, besides its type. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ProblemStatus,
    code: string,
    detail: string,
    errors: readonly QueryIssue[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.headers = headers;
  }
}

/** The last stop of every error; only faults of our own are logged. */
export function answerError(error: Error, c: Context<Environment>): Response {
  const problem = toProblem(error);
  if (problem.status === 500) {
    const { method, path } = c.req;
    c.var.services.log.error({ err: error, request: c.var.requestId, method, path }, "request failed");
  }
  return answerProblem(problem);
}

export function answerProblem({ status, code, message, errors, headers: own }: HttpProblem): Response {
  const body: Problem = {
    type: `urn:femtoq:problem:${code}`,
    title: titles[status],
    status,
    detail: message,
    code,
    ...(errors.length > 0 && { errors }),
  };
  const headers: Record<string, string> = { "content-type": "application/problem+json", ...own };
  if (status === 503 || status === 429) headers["retry-after"] ??= "1";
  return new Response(JSON.stringify(body), { status, headers });
}

function toProblem(error: Error): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof QueryError) return new HttpProblem(400, "bad-query", describeIssues(error.issues), error.issues);
  if (error instanceof DatasetError)
    return new HttpProblem(error.permanent ? 422 : 503, error.permanent ? "unreadable-data" : "data-unavailable", error.message);
  if (error instanceof StoreError && error.code === "unavailable") return new HttpProblem(503, "store-unavailable", error.message);
  if (error instanceof CoordinatorUnavailableError) return new HttpProblem(503, "coordinator-unavailable", error.message);
  if (error instanceof CoordinatorFullError) return new HttpProblem(503, "queue-full", error.message);
  if (error instanceof HTTPException && error.status < 500 && error.status in titles)
    return new HttpProblem(error.status as ProblemStatus, "bad-request", error.message || titles[error.status as ProblemStatus]);
  return new HttpProblem(500, "internal", "The server failed at this request; its log says why.");
}

function describeIssues(issues: readonly QueryIssue[]): string {
  const [first] = issues;
  const place = first.line === undefined ? "" : ` (line ${first.line}, column ${first.column})`;
  const near = first.near && first.near.length > 0 ? `; near: ${first.near.join(", ")}` : "";
  return `The query cannot be run: ${first.at || "/"}${place}: ${first.message}${near}${issues.length > 1 ? `; and ${issues.length - 1} more` : ""}`;
}
