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

/** The most issues that are told of one query, and the most characters of what is told of each. */
export const mostIssues = 50;
const longestText = 500;

/** A query that cannot be run as it stands; nothing was queued for it. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  /** The first ones, with long names shortened: a query may have tens of thousands. */
  readonly issues: readonly QueryIssue[];
  readonly total: number;

  /** `total`: how many there are in all, where not all are given. */
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
