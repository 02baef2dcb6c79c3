/** Shows in the terminal what `watchers` found. */
import { drawTable } from "../../../runtime/cli/draw/draw-table.ts";
import type { Shares, WatchersReport } from "../watchers.ts";

export function drawWatchers(report: WatchersReport): string {
  const { watchers, queries, running, events, firstEvent, behindFirst, unreadStreams, memory, faults } = report;
  const row = (name: string, { p50, p99, max }: Shares) => [name, p50.toFixed(0), p99.toFixed(0), max.toFixed(0)];
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  return [
    `${watchers} watchers of ${queries} queries, of which ${running} ran to the end of the test: ${events} events`,
    "",
    ...drawTable(
      [{ head: "milliseconds" }, ...["p50", "p99", "max"].map((head) => ({ head, align: "right" as const }))],
      [row("to the first event, all streams opened at once", firstEvent), row("behind the first watcher of the same step", behindFirst)],
    ),
    ...(memory
      ? [
          "",
          `memory of the server [MB]: ${megabytes(memory.before)} before, ${megabytes(memory.watched)} watched, ${megabytes(memory.unread)} with ${unreadStreams} streams that nobody reads, ${megabytes(memory.after)} after`,
        ]
      : []),
    "",
    ...(faults.length > 0 ? faults.map((fault) => `NOT KEPT: ${fault}`) : ["All streams were served."]),
    "",
  ].join("\n");
}
