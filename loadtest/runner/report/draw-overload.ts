/** Shows in the terminal what an overload did. */
import { drawTable } from "../../../runtime/cli/draw/draw-table.ts";
import type { Level } from "../measure/find-recovery.ts";
import { type OverloadReport, soonEnough } from "../overload.ts";
import { formatMilliseconds } from "./draw-report.ts";

const right = "right" as const;

export function drawOverload(report: OverloadReport): string {
  return [
    "",
    "what another client felt",
    ...drawTable([{ head: "query" }, ...feltHeads.map((head) => ({ head, align: right }))], feltRows(report)),
    "",
    ...drawTable([{ head: "memory [MB]" }, ...memoryHeads.map((head) => ({ head, align: right }))], memoryRows(report)),
    "",
    describeRecovery(report),
    "",
  ].join("\n");
}

export const feltHeads = ["p50 before", "p99", "p50 during", "p99", "no answer", "as before after [s]"] as const;

export function feltRows({ felt }: OverloadReport): readonly (readonly string[])[] {
  const level = ({ p50, p99 }: Level) => [p50, p99].map((each) => (Number.isNaN(each) ? "-" : formatMilliseconds(each)));
  return (["stored", "new"] as const).map((kind) => {
    const { calm, during, seconds } = felt[kind];
    return [kind, ...level(calm), ...level(during), `${during.unanswered} of ${during.asked}`, seconds?.toFixed(1) ?? "not seen"];
  });
}

export const memoryHeads = ["before", "most", "after"] as const;

export const memoryRows = ({ memory }: OverloadReport): readonly (readonly string[])[] =>
  memory.map(({ name, before, most, after }) => [name, ...[before, most, after].map((each) => each.toFixed(0))]);

export const describeRecovery = ({ kept }: OverloadReport): string =>
  kept
    ? `No answer was wrong, and answers were as before within ${soonEnough} s of the overload's end.`
    : `NOT KEPT: an answer was wrong, or answers were not as before within ${soonEnough} s of the overload's end.`;
