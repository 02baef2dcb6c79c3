/**
 * Plans in two tables: an entry with the first partitions, and one in `pieces` for each further group of them, so that no plan makes an entry too large and
 * none takes long to read or write. The note of the first entry says all of a plan but its partitions.
 */
import { subtaskKey } from "../base/subtask-key.ts";
import { turn } from "../base/turn.ts";
import { decodeJson, encodeJson } from "./encode-records.ts";
import { programsOf, type StoredPartition, type StoredPlan } from "./store.ts";
import type { Table } from "./table.ts";

export type PlanNote = Omit<StoredPlan, "partitions"> & {
  /** Entries that hold its partitions, the first one included. */
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

  /** The first entry goes last: a plan is there when all of it is. */
  async put({ partitions, ...plan }: StoredPlan): Promise<void> {
    const note: PlanNote = { ...plan, pieces: Math.max(1, Math.ceil(partitions.length / partitionsPerPiece)) };
    const bodyOf = (piece: number) => encodeJson(partitions.slice(piece * partitionsPerPiece, (piece + 1) * partitionsPerPiece));
    for (const some of laterPieces(note)) {
      await Promise.all(some.map((piece) => this.#pieces.replace({ key: pieceKey(plan.planKey, piece), body: bodyOf(piece) })));
    }
    await this.#heads.replace({ key: plan.planKey, body: bodyOf(0), note });
  }

  /** Those of the keys that are there with all their pieces. */
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

  /** Whether the plan is there with all its pieces. */
  async has(planKey: string): Promise<boolean> {
    const note = await this.#note(planKey);
    if (!note) return false;
    const keys = laterKeys(note);
    return keys.length === 0 || (await this.#pieces.describe(keys)).size === keys.length;
  }

  /** Keys of the other plans that have one of its programs. */
  async others(planKey: string): Promise<readonly string[]> {
    const note = await this.#note(planKey);
    const found = await Promise.all((note ? programsOf(note) : []).map(({ programKey }) => this.#plansOf(programKey)));
    return [...new Set(found.flat())].filter((key) => key !== planKey);
  }

  /** Keys of the plan's partials, a bounded number at a time. */
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

  /** Renews the last use of a plan, and gives the keys of its programs. */
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

  /** The pieces after the first, up to one that is gone. */
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

/** False for what somebody changed. */
function isPlanNote(note: unknown): note is PlanNote {
  const { planKey, programKey, dataset, pieces } = (note ?? {}) as Readonly<Record<string, unknown>>;
  return [planKey, programKey, dataset].every((each) => typeof each === "string") && Number.isSafeInteger(pieces) && (pieces as number) > 0;
}

const pieceKey = (planKey: string, piece: number): string => `${piece}:${planKey}`;

const laterKeys = ({ planKey, pieces }: Pick<PlanNote, "planKey" | "pieces">): readonly string[] =>
  Array.from({ length: pieces - 1 }, (_, index) => pieceKey(planKey, index + 1));

/** Numbers of the pieces after the first, as many at a time as are read or written together. */
function* laterPieces({ pieces }: Pick<PlanNote, "pieces">): Generator<readonly number[]> {
  for (let start = 1; start < pieces; start += piecesAtOnce) {
    yield Array.from({ length: Math.min(piecesAtOnce, pieces - start) }, (_, index) => start + index);
  }
}
