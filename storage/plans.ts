/**
 * Keeps plans in two tables: `heads` has an entry with the first partitions, and `pieces` one for each further group of partitions. So no entry is too
 * large or takes long to read or write. The note of the first entry has everything of the plan except its partitions.
 */
import { subtaskKey } from "../base/subtask-key.ts";
import { turn } from "../base/turn.ts";
import { decodeJson, encodeJson } from "./encode-records.ts";
import { programsOf, type StoredPartition, type StoredPlan } from "./store.ts";
import type { Table } from "./table.ts";

export type PlanNote = Omit<StoredPlan, "partitions"> & {
  /** The number of entries that hold its partitions, including the first one. */
  readonly pieces: number;
};

export interface PlansOptions {
  readonly heads: Table;
  readonly pieces: Table;
  /** Keys of the plans that have a program. */
  readonly plansOf: (programKey: string) => Promise<readonly string[]>;
}

const partitionsPerPiece = 2000;
const piecesAtOnce = 4;

export class Plans {
  readonly #heads: Table;
  readonly #pieces: Table;
  readonly #plansOf: PlansOptions["plansOf"];

  constructor({ heads, pieces, plansOf }: PlansOptions) {
    this.#heads = heads;
    this.#pieces = pieces;
    this.#plansOf = plansOf;
  }

  /** Writes the first entry last, so that a plan with a first entry is complete. */
  async put({ partitions, ...plan }: StoredPlan): Promise<void> {
    const note: PlanNote = { ...plan, pieces: Math.max(1, Math.ceil(partitions.length / partitionsPerPiece)) };
    const bodyOf = (piece: number) => encodeJson(partitions.slice(piece * partitionsPerPiece, (piece + 1) * partitionsPerPiece));
    for (const some of laterPieces(note)) {
      await Promise.all(some.map((piece) => this.#pieces.replace({ key: pieceKey(plan.planKey, piece), body: bodyOf(piece) })));
    }
    await this.#heads.replace({ key: plan.planKey, body: bodyOf(0), note });
  }

  /** The plans of these keys that are stored completely. */
  async get(planKeys: readonly string[]): Promise<ReadonlyMap<string, StoredPlan>> {
    const found = new Map<string, StoredPlan>();
    for (const [planKey, { bytes, note }] of await this.#heads.get(planKeys)) {
      if (!isPlanNote(note)) continue;
      const { pieces, ...plan } = note;
      const parts = [decodeJson<readonly StoredPartition[]>(bytes)];
      for await (const piece of this.#readLater(planKey, pieces)) parts.push(piece);
      if (parts.length === pieces) found.set(planKey, { ...plan, partitions: parts.flat() });
    }
    return found;
  }

  /** Whether the plan is stored completely. */
  async has(planKey: string): Promise<boolean> {
    const note = await this.#note(planKey);
    if (!note) return false;
    const keys = laterKeys(note);
    return keys.length === 0 || (await this.#pieces.describe(keys)).size === keys.length;
  }

  /** The keys of other plans that share a program with this one. */
  async others(planKey: string): Promise<readonly string[]> {
    const note = await this.#note(planKey);
    const found = await Promise.all((note ? programsOf(note) : []).map(({ programKey }) => this.#plansOf(programKey)));
    return [...new Set(found.flat())].filter((key) => key !== planKey);
  }

  /** The keys of the plan's partials, in groups of bounded size. */
  async *partialKeys(planKey: string): AsyncGenerator<readonly string[]> {
    const head = (await this.#heads.get([planKey])).get(planKey);
    if (!head || !isPlanNote(head.note)) return;
    const { pieces } = head.note;
    const programs = programsOf(head.note);
    const keysOf = (partitions: readonly StoredPartition[]) =>
      partitions.flatMap(({ fingerprint }) => programs.map(({ programKey }) => subtaskKey(programKey, fingerprint)));
    yield keysOf(decodeJson(head.bytes));
    for await (const piece of this.#readLater(planKey, pieces)) yield keysOf(piece);
  }

  /** Renews the last use of a plan and returns the keys of its programs. */
  async renew(planKey: string): Promise<readonly string[]> {
    const note = await this.#note(planKey);
    if (note) await Promise.all([this.#heads.renew([planKey]), this.#pieces.renew(laterKeys(note))]);
    return note ? programsOf(note).map(({ programKey }) => programKey) : [];
  }

  async drop(planKey: string): Promise<void> {
    const note = await this.#note(planKey);
    if (!note) return;
    await this.#pieces.drop(laterKeys(note));
    await this.#heads.drop([planKey]);
  }

  async #note(planKey: string): Promise<PlanNote | undefined> {
    const note = (await this.#heads.describe([planKey])).get(planKey)?.note;
    return isPlanNote(note) ? note : undefined;
  }

  /** Reads the pieces after the first one, and ends early at one that is gone. */
  async *#readLater(planKey: string, pieces: number): AsyncGenerator<readonly StoredPartition[]> {
    for (const some of laterPieces({ pieces })) {
      const keys = some.map((piece) => pieceKey(planKey, piece));
      const found = await this.#pieces.get(keys);
      for (const key of keys) {
        const piece = found.get(key);
        if (!piece) return;
        yield decodeJson(piece.bytes);
      }
      await turn();
    }
  }
}

/** False if the note is damaged. */
function isPlanNote(note: unknown): note is PlanNote {
  const { planKey, programKey, dataset, pieces } = (note ?? {}) as Readonly<Record<string, unknown>>;
  return [planKey, programKey, dataset].every((each) => typeof each === "string") && Number.isSafeInteger(pieces) && (pieces as number) > 0;
}

const pieceKey = (planKey: string, piece: number): string => `${piece}:${planKey}`;

const laterKeys = ({ planKey, pieces }: Pick<PlanNote, "planKey" | "pieces">): readonly string[] =>
  Array.from({ length: pieces - 1 }, (_, index) => pieceKey(planKey, index + 1));

/** The numbers of the pieces after the first one, in groups that are read or written together. */
function* laterPieces({ pieces }: Pick<PlanNote, "pieces">): Generator<readonly number[]> {
  for (let start = 1; start < pieces; start += piecesAtOnce) {
    yield Array.from({ length: Math.min(piecesAtOnce, pieces - start) }, (_, index) => start + index);
  }
}
