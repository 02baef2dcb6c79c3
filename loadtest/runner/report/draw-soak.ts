/** Shows a soak in the terminal. */
import { drawTable } from "../../../runtime/cli/draw/draw-table.ts";
import type { Slope } from "../measure/fit-slope.ts";
import type { SoakReport } from "../soak.ts";
import { listBreaks } from "./draw-report.ts";
import { latencyAt, type Report } from "./report.ts";

const right = "right" as const;

export function drawSoak({ windows, memory, counts }: SoakReport): string {
  const kinds = windows[0]?.kinds.map(({ kind }) => kind) ?? [];
  const p99 = (kind: string, window: number) => {
    const complete = windows[window]?.kinds.find((each) => each.kind === kind)?.complete;
    return complete ? latencyAt(complete, 99).toFixed(1) : "-";
  };
  const used = memory.map(({ name, samples, slope, ownSlope }) => {
    const megabytes = samples.map((each) => each.megabytes.toFixed(0));
    return [name, megabytes[0] ?? "-", megabytes.at(-1) ?? "-", formatSlope(slope), formatSlope(ownSlope)];
  });
  return [
    "",
    "p99 by window [ms]",
    ...drawTable(
      [{ head: "kind" }, ...windows.map((_, window) => ({ head: `${window + 1}`, align: right }))],
      kinds.map((kind) => [kind, ...windows.map((_, window) => p99(kind, window))]),
    ),
    ...listBrokenWindows(windows),
    "",
    ...drawTable(
      [
        { head: "memory [MB]" },
        ...["first", "last", "per minute, second half", "without pages of files"].map((head) => ({ head, align: right })),
      ],
      used,
    ),
    "",
    ...drawTable(
      [{ head: "counted" }, { head: "before", align: right }, { head: "after", align: right }],
      counts.map(({ what, before, after }) => [what, `${before}`, `${after}`]),
    ),
    "",
  ].join("\n");
}

/** Gives a line for each window in which a limit broke. */
export const listBrokenWindows = (windows: readonly Report[]): readonly string[] =>
  windows.flatMap((each, index) => (each.kept ? [] : [`window ${index + 1} NOT KEPT: ${listBreaks(each).join(", ")}`]));

/** The slope with two standard errors. */
export const formatSlope = ({ slope, error }: Slope): string =>
  `${slope.toFixed(2)} ± ${Number.isFinite(error) ? (2 * error).toFixed(2) : "unknown"}`;
