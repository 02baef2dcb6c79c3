/** What is wrong with a query, and where. */
export interface QueryIssue {
  /** JSON pointer into the query: `/histograms/mass/axes/0/value`. */
  readonly at: string;
  readonly message: string;
  /** Place in the expression, from 1. */
  readonly line?: number;
  readonly column?: number;
  /** Names that are close to one that is not known. */
  readonly near?: readonly string[];
}

/** A query that cannot be run as it stands; nothing was queued for it. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  readonly issues: readonly QueryIssue[];

  constructor(issues: readonly QueryIssue[]) {
    super(issues.map((issue) => `${issue.at}: ${issue.message}`).join("\n"));
    this.issues = issues;
  }
}
