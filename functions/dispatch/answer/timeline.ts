/**
 * Tells how a plan spent its time: sums over its partitions, and its slowest ones. It uses the notes that nodes leave beside partials,
 * so any dispatcher that merges these knows it. Memory is bounded for any number of partitions.
 *
 * Only `waiting` and `saving` compare nodes' clocks with this one; they are never below 0. A partial that was stored before
 * the plan was submitted only counts as merged.
 */
import type { PhaseSeconds, SlowPartition, Timing } from "../../api.ts";
import type { ComputeTiming } from "../../compute/executor.ts";

/** What a node leaves beside a partial; times are in milliseconds. */
export interface PartialNote extends ComputeTiming {
  /** The node's name, for people. */
  readonly node: string;
  /** When the node claimed the subtask: milliseconds since the epoch, by the node's clock. */
  readonly claimed: number;
}

/** The note that is stored beside a merged result. */
export type ResultNote = Required<Pick<Timing, "seconds" | "phases" | "measured" | "slowest">> & { readonly skipped?: number };

const mostSlowest = 10;

export class Timeline {
  readonly #since: number;
  readonly #phases = { ...noTime };
  #measured = 0;
  #skipped = 0;
  /** Those with the most work first. */
  readonly #slowest: SlowPartition[] = [];

  /** `since` is when the plan was first submitted, in milliseconds since the epoch. */
  constructor(since: number) {
    this.#since = since;
  }

  addMerging(milliseconds: number): void {
    this.#phases.merging += milliseconds / 1000;
  }

  /**
   * Adds one partition. `heard` is when this process learned that the partial is stored; undefined if it was stored before the plan was followed. Returns the
   * seconds for which the subtask waited in the queue; undefined if the note does not tell.
   */
  add({ index, file }: { readonly index: number; readonly file: string }, note: unknown, heard: number | undefined): number | undefined {
    if (!isPartialNote(note)) return undefined;
    const { node, claimed, skipped } = note;
    const worked = claimed + note.compiling + note.loading + note.thread + note.computing;
    if (worked < this.#since) return undefined;
    const waiting = Math.max(0, claimed - this.#since) / 1000;
    const own: SlowPartition = {
      partition: index,
      file,
      node,
      waiting,
      compiling: note.compiling / 1000,
      loading: note.loading / 1000,
      reading: note.reading / 1000,
      decoding: note.decoding / 1000,
      thread: note.thread / 1000,
      computing: note.computing / 1000,
      saving: Math.max(0, (heard ?? worked) - worked) / 1000,
    };
    for (const phase of workPhases) this.#phases[phase] += own[phase];
    this.#phases.waiting = this.#measured === 0 ? waiting : Math.min(this.#phases.waiting, waiting);
    this.#measured++;
    if (skipped) this.#skipped++;
    this.#keepSlowest(own);
    return waiting;
  }

  read(now: number): ResultNote {
    return {
      seconds: Math.max(0, now - this.#since) / 1000,
      phases: roundPhases(this.#phases),
      measured: this.#measured,
      ...(this.#skipped > 0 && { skipped: this.#skipped }),
      slowest: this.#slowest.map((each) => ({ ...each, ...roundPhases(each) })),
    };
  }

  #keepSlowest(partition: SlowPartition): void {
    const fastest = this.#slowest.at(-1);
    const work = workOf(partition);
    if (fastest && this.#slowest.length >= mostSlowest && workOf(fastest) >= work) return;
    const after = this.#slowest.findIndex((each) => workOf(each) < work);
    this.#slowest.splice(after < 0 ? this.#slowest.length : after, 0, partition);
    if (this.#slowest.length > mostSlowest) this.#slowest.pop();
  }
}

const noTime: PhaseSeconds = {
  waiting: 0,
  compiling: 0,
  loading: 0,
  reading: 0,
  decoding: 0,
  thread: 0,
  computing: 0,
  saving: 0,
  merging: 0,
};

const workPhases = ["compiling", "loading", "reading", "decoding", "thread", "computing", "saving"] as const;

const workOf = ({ compiling, loading, thread, computing, saving }: SlowPartition): number =>
  compiling + loading + thread + computing + saving;

/** Rounds every time to microseconds. */
function roundPhases<Phases extends Partial<PhaseSeconds>>(phases: Phases): Phases {
  const rounded = { ...phases } as Record<string, unknown>;
  for (const phase of Object.keys(noTime) as (keyof PhaseSeconds)[]) {
    const seconds = phases[phase];
    if (seconds !== undefined) rounded[phase] = Math.round(seconds * 1e6) / 1e6;
  }
  return rounded as Phases;
}

/** False for notes in a form of another version of this software. */
function isPartialNote(note: unknown): note is PartialNote {
  if (typeof note !== "object" || note === null) return false;
  const fields = note as Readonly<Record<string, unknown>>;
  const times = ["claimed", "compiling", "loading", "reading", "decoding", "thread", "computing"];
  return typeof fields.node === "string" && times.every((name) => Number.isFinite(fields[name]));
}

export function isResultNote(note: unknown): note is ResultNote {
  if (typeof note !== "object" || note === null) return false;
  const { seconds, phases, measured, slowest } = note as Partial<Record<keyof ResultNote, unknown>>;
  return Number.isFinite(seconds) && typeof phases === "object" && phases !== null && Number.isFinite(measured) && Array.isArray(slowest);
}
