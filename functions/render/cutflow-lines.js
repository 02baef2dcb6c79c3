/**
 * The lines of a cut flow's table: first all events, then those that passed each filter.
 *
 * @import { Status } from "../api.ts"
 */

/**
 * @typedef {object} CutflowLine
 * @property {string} filter
 * @property {number} events
 * @property {number | undefined} weight
 * @property {number} ofBefore share of the line before; NaN where that is empty
 * @property {number} ofAll share of all events
 */

/** Names that a first line of all events may have. */
const all = new Set(["", "all", "all events"]);

/**
 * Gives no lines where nothing is filtered.
 * @param {Pick<Status, "cutflow" | "events">} status
 * @returns {readonly CutflowLine[]}
 */
export function cutflowLines({ cutflow, events }) {
  const counted = cutflow.length > 0 && all.has(cutflow[0].filter);
  const first = { filter: "all events", events: events.done, weight: counted ? cutflow[0].weight : undefined };
  const filters = counted ? cutflow.slice(1) : cutflow;
  if (filters.length === 0) return [];
  const lines = [first, ...filters];
  return lines.map((line, index) => ({
    ...line,
    ofBefore: line.events / lines[Math.max(0, index - 1)].events,
    ofAll: line.events / first.events,
  }));
}
