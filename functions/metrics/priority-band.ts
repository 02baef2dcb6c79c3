import { priorityBands } from "./metrics.ts";

/** The band of a priority from 0 to 999, as a label's value. */
export function priorityBand(priority: number): (typeof priorityBands)[number] {
  const band = Math.floor(priority / 100);
  return priorityBands[Math.min(priorityBands.length - 1, Math.max(0, band))];
}
