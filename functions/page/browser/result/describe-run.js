/**
 * Describes a run in words.
 *
 * @import { Status } from "../../../api.ts"
 * @import { Run } from "../run-query.js"
 */
import { formatNumber, formatSeconds } from "../../../render/format-number.js";

/**
 * The state in one or two words.
 * @param {Run} run
 */
export function stateOf({ phase, status, connected }) {
  if (phase === "idle") return "idle";
  if (phase === "sending") return "sending";
  if (phase === "refused") return "not run";
  if (phase === "lost") return "no connection";
  if (!status) return "running";
  if (!connected) return "reconnecting";
  if (status.state === "done" && status.failures.length > 0) return "incomplete";
  if (status.state === "done" && status.preparing) return "growing";
  return status.state;
}

/**
 * The state in a line.
 * @param {Run} run
 */
export function describeRun(run) {
  const { phase, status, trouble, problem } = run;
  if (phase === "refused") return problem?.errors?.length ? "The query has errors: they are marked in its text." : (problem?.detail ?? "");
  if (phase === "lost") return trouble ?? "";
  if (!status) return phase === "sending" ? "Sending the query…" : "";
  const { partitions, events } = status;
  const included = Object.keys(status.variations).length > 0 ? " (variations counted)" : "";
  const parts = [
    `${formatNumber(partitions.done)} of ${formatNumber(partitions.total)} partitions${included}`,
    `${formatNumber(events.done)} of ${formatNumber(events.total)} events`,
  ];
  if (phase === "running") {
    for (const kind of /** @type {const} */ (["running", "loading", "waiting", "failed"]))
      if (partitions[kind] > 0) parts.push(`${formatNumber(partitions[kind])} ${kind}`);
  }
  if (phase === "running" && status.note) parts.push(status.note);
  const rate = eventRate(run);
  if (rate !== undefined) parts.push(`${formatNumber(rate)} events/s`);
  if (phase === "ended" && run.finished > run.started) parts.push(formatSeconds((run.finished - run.started) / 1000));
  if (status.preparing) parts.push(`the dataset is being made: ${Math.floor((100 * status.preparing.entries) / status.preparing.total)} %`);
  if (trouble) parts.push(trouble);
  return parts.join(" · ");
}

/**
 * How many events a second were computed since the query was sent, to two digits; undefined where all came from the store.
 * @param {Run} run
 */
function eventRate({ phase, status, started, finished, storedEvents }) {
  const computed = (status?.events.done ?? 0) - storedEvents;
  const seconds = ((phase === "ended" ? finished : performance.now()) - started) / 1000;
  return computed > 0 && seconds > 0.01 ? Number((computed / seconds).toPrecision(2)) : undefined;
}

/** @param {NonNullable<Status["submission"]>} submission */
export function describeSubmission({ total, stored, joined, queued }) {
  if (stored === total) return `All ${formatNumber(total)} partitions came from the store: nothing was computed.`;
  return `Of ${formatNumber(total)} partitions ${formatNumber(stored)} came from the store, ${formatNumber(joined)} were already under way, ${formatNumber(queued)} were queued.`;
}
