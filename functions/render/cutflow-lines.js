/**
 * The lines of a cut flow's table: first all events, then those that passed each filter.
 *
 * @import { Status } from "../api.ts"
 */

/**
 * @typedef {object} CutflowLine
 * @property {string} filter
 * @property {number} events
 * @property {number} weight
 * @property {number} ofBefore share of the line before; NaN if that is empty
 * @property {number} ofAll share of all events
 */

/**
 * The lines of the table; none if the query has no filter.
 * @param {Pick<Status, "cutflow">} status
 * @returns {readonly CutflowLine[]}
 */
export function cutflowLines({ cutflow }) {
  if (cutflow.length < 2) return [];
  return cutflow.map(({ filter, events, weight }, index) => ({
    filter: filter ?? "all events",
    events,
    weight,
    ofBefore: events / cutflow[Math.max(0, index - 1)].events,
    ofAll: events / cutflow[0].events,
  }));
}
