/** A soak as lines of a terminal. */
import { drawTable } from "../../runtime/cli/draw-table.ts";
import { latencyAt } from "./report.ts";
import type { SoakReport } from "./soak.ts";

const right = "right" as const;

export function drawSoak({ windows, memory, counts }: SoakReport): string {
  const kinds = windows[0]?.kinds.map(({ kind }) => kind) ?? [];
  const p99 = (kind: string, window: number) => {
    const complete = windows[window]?.kinds.find((each) => each.kind === kind)?.complete;
    return complete ? latencyAt(complete, 99).toFixed(1) : "-";
  };
  const used = memory.map(({ name, samples, slope }) => {
    const megabytes = samples.map((each) => each.megabytes.toFixed(0));
    return [name, megabytes[0] ?? "-", megabytes.at(-1) ?? "-", slope.toFixed(2)];
  });
  return [
    "",
    "p99 by window [ms]",
    ...drawTable(
      [{ head: "kind" }, ...windows.map((_, window) => ({ head: `${window + 1}`, align: right }))],
      kinds.map((kind) => [kind, ...windows.map((_, window) => p99(kind, window))]),
    ),
    "",
    ...drawTable([{ head: "memory [MB]" }, ...["first", "last", "per minute, second half"].map((head) => ({ head, align: right }))], used),
    "",
    ...drawTable(
      [{ head: "counted" }, { head: "before", align: right }, { head: "after", align: right }],
      counts.map(({ what, before, after }) => [what, `${before}`, `${after}`]),
    ),
    "",
  ].join("\n");
}
