/** One fault of a query, and its place. */
export interface QueryIssue {
  /** JSON pointer into the query: `/histograms/mass/axes/0/value`. */
  readonly at: string;
  readonly message: string;
  /** Place in the expression, from 1. */
  readonly line?: number;
  readonly column?: number;
  /** Known names that are close to one that is not known. */
  readonly near?: readonly string[];
}

/** The most issues that are reported of one query, and the most characters of each message and each place. */
export const mostIssues = 50;
const longestText = 500;

/** The query cannot be run as it is; nothing was queued for it. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  /** The first issues, shortened: a query may have tens of thousands. */
  readonly issues: readonly QueryIssue[];
  readonly total: number;

  /** `total` is the number of all issues, if `issues` does not hold all. */
  constructor(issues: readonly QueryIssue[], total = issues.length) {
    const first = issues.slice(0, mostIssues).map((issue) => ({ ...issue, at: shorten(issue.at), message: shorten(issue.message) }));
    super(first.map((issue) => `${issue.at}: ${issue.message}`).join("\n"));
    this.issues = first;
    this.total = total;
  }
}

function shorten(text: string): string {
  if (text.length <= longestText) return text;
  return `${text.slice(0, longestText / 2)}…${text.slice(-longestText / 2)}`;
}
