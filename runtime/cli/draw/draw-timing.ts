/** Draws where a query's time went: its phases as a table, and its slowest partitions as bars on one scale. */
import type { Status } from "../../../functions/api.ts";
import { displayable } from "../../../functions/render/displayable.js";
import { formatNumber, formatSeconds } from "../../../functions/render/format-number.js";
import {
  describeTiming,
  type PartitionLine,
  partitionLines,
  type partitionPhases,
  phaseLines,
} from "../../../functions/render/timing-lines.js";
import type { DrawOptions } from "./draw-bars.ts";
import { drawTable } from "./draw-table.ts";

type Phase = (typeof partitionPhases)[number];

const marks: Readonly<Record<Phase, string>> = { waiting: "·", compiling: "c", loading: "▒", thread: "░", computing: "█", saving: "s" };
const narrowest = 20;

export function drawTiming(status: Status, { colours, width }: DrawOptions): string {
  const { timing, state, partitions } = displayable(status);
  const lines = [describeTiming(timing, state)];
  const phases = phaseLines(timing);
  if (phases.length > 0) {
    const rows = phases.map(({ phase, seconds, meaning, inside }) => [`${inside ? "  " : ""}${phase}`, formatSeconds(seconds), meaning]);
    const skipped = timing.skipped ? `, ${formatNumber(timing.skipped)} of them skipped` : "";
    const counted = `of ${formatNumber(timing.measured ?? 0)} of ${formatNumber(partitions.total)} partitions${skipped}`;
    lines.push("", ...drawTable([{ head: "phase" }, { head: "time", align: "right" }, { head: `sum ${counted}` }], rows));
  }
  const slowest = partitionLines(timing);
  if (slowest.length > 0) {
    const legend = Object.entries(marks).map(([phase, mark]) => `${mark} ${phase}`);
    lines.push("", colours.bold("the slowest partitions, with their nodes"), ...drawBars(slowest, width), colours.dim(legend.join("  ")));
  }
  return `${lines.join("\n")}\n`;
}

function drawBars(slowest: readonly PartitionLine[], width: number): readonly string[] {
  const longest = Math.max(...slowest.map(({ seconds }) => seconds), Number.MIN_VALUE);
  const heads = slowest.map(({ partition, node }) => `${partition} ${node}`);
  const headWidth = Math.max(...heads.map((head) => head.length));
  const barWidth = Math.max(narrowest, width - headWidth - 12);
  return slowest.map(({ segments, seconds }, index) => {
    let bar = "";
    let end = 0;
    for (const segment of segments) {
      end += segment.seconds;
      bar += marks[segment.phase].repeat(Math.max(0, Math.round((end / longest) * barWidth) - bar.length));
    }
    return `${heads[index].padEnd(headWidth)} ${bar.padEnd(barWidth)} ${formatSeconds(seconds)}`;
  });
}
