/**
 * Checks from the logs of a run that every request was answered. It reads the lines "request received", "request answered", "query
 * accepted" and "query ended" of one or several processes, in any order. A request that a process took and did not answer is lost, unless a
 * request of the same id was answered, too: then its client asked again. Its memory grows with the open requests and the ids of queries
 * only; logs with open requests are read twice.
 */
export interface Audit {
  /** The numbers of requests that came in and of answers that went out. */
  readonly received: number;
  readonly answered: number;
  /** The numbers of answers by the class of their status: "2xx", "4xx", "5xx". */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Requests that were not answered where they came in, but were when the client sent them again. */
  readonly repeated: readonly OpenRequest[];
  readonly lost: readonly OpenRequest[];
  /** The number of different queries that were accepted because something was left to compute. */
  readonly accepted: number;
  /** Accepted queries whose end no log tells. */
  readonly open: readonly OpenQuery[];
  /** The number of lines that are no entries of a log. */
  readonly unreadable: number;
  /** The names of files that hold such lines only, so that they are no logs. */
  readonly notLogs: readonly string[];
}

export interface OpenRequest {
  readonly request: string;
  /** ISO 8601. */
  readonly time: string;
  readonly path: string;
  readonly client?: string;
  readonly log: string;
}

export interface OpenQuery {
  readonly query: string;
  readonly time: string;
  readonly log: string;
}

/** A log, which can be read from its start as often as one likes. */
export interface LogSource {
  readonly name: string;
  lines(): AsyncIterable<string>;
}

interface Entry {
  readonly msg?: unknown;
  readonly time?: unknown;
  readonly request?: unknown;
  readonly query?: unknown;
  readonly path?: unknown;
  readonly client?: unknown;
  readonly status?: unknown;
}

export async function auditLogs(logs: readonly LogSource[]): Promise<Audit> {
  const sums = { received: 0, answered: 0, unreadable: 0 };
  const byStatus: Record<string, number> = {};
  const requests: OpenRequest[] = [];
  const accepted = new Map<string, OpenQuery>();
  const ended = new Set<string>();
  const notLogs: string[] = [];
  for (const log of logs) {
    // Several requests may have the same id: ids are unique in a process only, and a client may send one several times.
    const open = new Map<string, OpenRequest[]>();
    const unreadableBefore = sums.unreadable;
    let lines = 0;
    for await (const line of log.lines()) {
      lines++;
      const entry = parse(line);
      if (!entry) sums.unreadable++;
      else if (entry.msg === "request received") {
        sums.received++;
        open.set(`${entry.request}`, [...(open.get(`${entry.request}`) ?? []), describeRequest(entry, log.name)]);
      } else if (entry.msg === "request answered") {
        sums.answered++;
        const status = `${Math.floor(Number(entry.status) / 100)}xx`;
        byStatus[status] = (byStatus[status] ?? 0) + 1;
        const [, ...left] = open.get(`${entry.request}`) ?? [];
        if (left.length > 0) open.set(`${entry.request}`, left);
        else open.delete(`${entry.request}`);
      } else if (entry.msg === "query accepted") {
        accepted.set(`${entry.query}`, { query: `${entry.query}`, time: isoTime(entry.time), log: log.name });
      } else if (entry.msg === "query ended") ended.add(`${entry.query}`);
    }
    for (const left of open.values()) requests.push(...left);
    if (lines > 0 && sums.unreadable - unreadableBefore === lines) notLogs.push(log.name);
  }
  const answers = await findAnswers(logs, new Set(requests.map(({ request }) => request)));
  return {
    ...sums,
    byStatus,
    repeated: requests.filter(({ request }) => answers.has(request)),
    lost: requests.filter(({ request }) => !answers.has(request)),
    accepted: accepted.size,
    open: [...accepted.values()].filter(({ query }) => !ended.has(query)),
    notLogs,
  };
}

/** Finds which of the ids were answered in any log. */
async function findAnswers(logs: readonly LogSource[], ids: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (ids.size === 0) return found;
  for (const log of logs) {
    for await (const line of log.lines()) {
      const entry = parse(line);
      if (entry?.msg === "request answered" && ids.has(`${entry.request}`)) found.add(`${entry.request}`);
    }
  }
  return found;
}

function parse(line: string): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null ? entry : undefined;
  } catch {
    // It is something else from standard error, or the last line of a process that was killed while it wrote.
    return undefined;
  }
}

function describeRequest({ request, time, path, client }: Entry, log: string): OpenRequest {
  return { request: `${request}`, time: isoTime(time), path: `${path}`, ...(typeof client === "string" && { client }), log };
}

function isoTime(time: unknown): string {
  return typeof time === "number" && Number.isFinite(time) ? new Date(time).toISOString() : "at an unknown time";
}

const mostNamed = 50;

/** An audit in words. */
export function describeAudit(audit: Audit): string {
  const { received, answered, byStatus, repeated, lost, accepted, open, unreadable } = audit;
  const statuses = Object.entries(byStatus)
    .sort()
    .map(([status, count]) => `${count} with ${status}`);
  return [
    `requests  ${received} received, ${answered} answered${statuses.length > 0 ? ` (${statuses.join(", ")})` : ""}`,
    lost.length === 0 ? "          every request has its answer" : `          ${lost.length} without an answer:`,
    ...name(lost, ({ request, time, path, client, log }) => `${request}  ${time}  ${path}${client ? `  ${client}` : ""}  ${log}`),
    ...(repeated.length > 0 ? [`          ${repeated.length} not answered at first, but when they were sent again:`] : []),
    ...name(repeated, ({ request, time, log }) => `${request}  ${time}  ${log}`),
    `queries   ${accepted} to compute, ${accepted - open.length} ended`,
    ...(open.length > 0 ? [`          ${open.length} whose end no log tells:`] : []),
    ...name(open, ({ query, time, log }) => `${query}  ${time}  ${log}`),
    ...(unreadable > 0 ? [`log       ${unreadable} ${unreadable === 1 ? "line is" : "lines are"} no entry of a log`] : []),
    "",
  ].join("\n");
}

function name<Item>(items: readonly Item[], describe: (item: Item) => string): readonly string[] {
  const named = items.slice(0, mostNamed).map((item) => `            ${describe(item)}`);
  return items.length > mostNamed ? [...named, `            and ${items.length - mostNamed} more; --json has them all`] : named;
}
