/**
 * Tells where a query's time went, in words and as bars to draw.
 *
 * @import { PhaseSeconds, Status, Timing } from "../api.ts"
 */
import { formatSeconds } from "./format-number.js";

/** The phases in the order in which a partition goes through them. */
export const partitionPhases = /** @type {const} */ (["waiting", "compiling", "loading", "thread", "computing", "saving"]);

/** @type {Readonly<Record<keyof PhaseSeconds, string>>} */
const meanings = {
  waiting: "until the first partition was begun",
  compiling: "getting and compiling the program",
  loading: "until columns were in memory",
  reading: "reading bytes (threads' time)",
  decoding: "decompressing and decoding (threads' time)",
  thread: "until a thread was free",
  computing: "filling histograms",
  saving: "storing partials and telling dispatch",
  merging: "adding partials",
};

/**
 * @typedef {{ readonly phase: keyof PhaseSeconds, readonly seconds: number, readonly meaning: string, readonly inside: boolean }} PhaseLine
 * `inside`: a part of the line above it
 * @typedef {{ readonly phase: (typeof partitionPhases)[number], readonly seconds: number }} Segment
 * @typedef {{ readonly partition: number, readonly file: string, readonly node: string, readonly seconds: number, readonly segments: readonly Segment[] }} PartitionLine
 */

/**
 * Describes the whole in a sentence or two.
 * @param {Timing} timing
 * @param {Status["state"]} state
 */
export function describeTiming({ seconds, stored, measured }, state) {
  if (stored) return `The result was stored: nothing was computed. The run that made it took ${formatSeconds(seconds)}.`;
  const whole = `${formatSeconds(seconds)} from the submission to ${state === "waiting" || state === "running" ? "now" : "the end"}.`;
  return measured === 0 ? `${whole} No partition was computed for it.` : whole;
}

/**
 * The time of each phase, summed over the partitions that were computed.
 * @param {Timing} timing
 * @returns {readonly PhaseLine[]}
 */
export function phaseLines({ phases, measured }) {
  if (!phases || !measured) return [];
  return /** @type {(keyof PhaseSeconds)[]} */ (Object.keys(meanings)).map((phase) => ({
    phase,
    seconds: phases[phase],
    meaning: meanings[phase],
    inside: phase === "reading" || phase === "decoding",
  }));
}

/**
 * The slowest partitions, in the order in which they were begun.
 * @param {Timing} timing
 * @returns {readonly PartitionLine[]}
 */
export function partitionLines({ slowest = [] }) {
  return slowest
    .toSorted((a, b) => a.waiting - b.waiting)
    .map((line) => {
      const segments = partitionPhases.map((phase) => ({ phase, seconds: line[phase] }));
      const seconds = segments.reduce((sum, segment) => sum + segment.seconds, 0);
      return { partition: line.partition, file: line.file, node: line.node, seconds, segments };
    });
}
