/** RFC 9457 problem documents: answers that say whose fault it was and what would be right. */
import type { QueryIssue } from "../../engine/query/query-error.ts";
import type { Problem } from "../api.ts";

/** The statuses that a problem may have, with their titles. */
export const titles = {
  400: "Bad request",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timeout",
  409: "Conflict",
  413: "Content too large",
  415: "Unsupported media type",
  422: "Cannot be done",
  429: "Too many requests",
  500: "Internal error",
  503: "Unavailable",
} as const;

export type ProblemStatus = keyof typeof titles;

/** An answer that is an error, thrown from anywhere in a handler. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: ProblemStatus;
  readonly code: string;
  readonly errors: readonly QueryIssue[];
  /** Further headers of the answer. */
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

export const stoppedByClient = (): HttpProblem => new HttpProblem(503, "stopped", "The request was stopped by who made it.");

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
