/** Describes an audit in words. */
import type { Audit } from "./audit-log.ts";

const mostNamed = 50;

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
