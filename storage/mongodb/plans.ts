/** Plans: a document with the first partitions, and further ones in pieces, so that no partition count makes a document too large. */

import type { Filter } from "mongodb";
import { subtaskKey } from "../../base/subtask-key.ts";
import { decodeJson, encodeJson, headOfPlan, joinPlan, type PlanHead, pieceOfPlan } from "../records.ts";
import type { StoredPartition, StoredPlan } from "../store.ts";
import { type BodyDocument, BodyTable } from "./body-table.ts";
import type { Connection } from "./connection.ts";
import type { AccessTimes } from "./last-access.ts";

/** What a plan's document says of it without its body. */
export interface PlanNote {
  readonly programKey: string;
  readonly pieces: number;
}

type FirstPiece = PlanHead & { readonly partitions: readonly StoredPartition[] };

const piecesAtOnce = 4;

export class Plans {
  readonly heads: BodyTable;
  readonly pieces: BodyTable;
  readonly #connection: Connection;

  constructor(connection: Connection, times: AccessTimes) {
    this.#connection = connection;
    this.heads = new BodyTable(connection, { name: "plans", times });
    this.pieces = new BodyTable(connection, { name: "plan_pieces", times });
  }

  /** The head goes last: a plan is there when all of it is. */
  async put(plan: StoredPlan): Promise<void> {
    const head = headOfPlan(plan);
    for (let start = 1; start < head.pieces; start += piecesAtOnce) {
      await Promise.all(
        laterPieces({ ...head, pieces: Math.min(head.pieces, start + piecesAtOnce) }, start).map((piece) =>
          this.pieces.replace(pieceKey(plan.planKey, piece), encodeJson(pieceOfPlan(plan, piece))),
        ),
      );
    }
    const first: FirstPiece = { ...head, partitions: pieceOfPlan(plan, 0) };
    const fields = { programKey: plan.programKey, dataset: plan.dataset, partitions: plan.partitions.length, pieces: head.pieces };
    await this.heads.replace(plan.planKey, encodeJson(first), fields);
  }

  /** Those of the keys that are there with all their pieces. */
  async get(planKeys: readonly string[]): Promise<ReadonlyMap<string, StoredPlan>> {
    const found = new Map<string, StoredPlan>();
    for (const [planKey, { bytes }] of await this.heads.getAll(planKeys)) {
      const plan = await this.#join(planKey, decodeJson<FirstPiece>(bytes));
      if (plan) found.set(planKey, plan);
    }
    return found;
  }

  /** Whether all its pieces are there. */
  async has(planKey: string): Promise<boolean> {
    const note = await this.note(planKey);
    const later = note ? laterPieces(note).map((piece) => pieceKey(planKey, piece)) : [];
    return note !== undefined && (later.length === 0 || (await this.pieces.sizes(later)).size === later.length);
  }

  async note(planKey: string): Promise<PlanNote | undefined> {
    const projection = { programKey: 1, pieces: 1 };
    const call = () => this.heads.collection.findOne<PlanNote>({ _id: planKey }, { projection });
    return (await this.#connection.read("look for a plan", call)) ?? undefined;
  }

  /** Keys of the other plans of its program. */
  async others(planKey: string): Promise<readonly string[]> {
    const note = await this.note(planKey);
    if (!note) return [];
    const filter = { _id: { $ne: planKey }, programKey: note.programKey } as Filter<BodyDocument>;
    const call = () => this.heads.collection.find(filter, { projection: { _id: 1 } }).toArray();
    return (await this.#connection.read("look for plans", call)).map(({ _id }) => _id);
  }

  /** Keys of the plan's partials, a piece at a time. */
  async *partialKeys(planKey: string): AsyncGenerator<readonly string[]> {
    const first = await this.#first(planKey);
    if (first === undefined) return;
    const keysOf = (partitions: readonly StoredPartition[]) =>
      partitions.map(({ fingerprint }) => subtaskKey(first.programKey, fingerprint));
    yield keysOf(first.partitions);
    for (const piece of laterPieces(first)) yield keysOf((await this.#piece(planKey, piece)) ?? []);
  }

  /** Notes that the plan is used. */
  renew(planKey: string, note: PlanNote): void {
    this.heads.access.note(planKey);
    for (const piece of laterPieces(note)) this.pieces.access.note(pieceKey(planKey, piece));
  }

  async drop(planKey: string): Promise<void> {
    const note = await this.note(planKey);
    if (!note) return;
    await this.pieces.drop(laterPieces(note).map((piece) => pieceKey(planKey, piece)));
    await this.heads.drop([planKey]);
  }

  /** Undefined where a piece is gone. */
  async #join(planKey: string, { partitions, ...head }: FirstPiece): Promise<StoredPlan | undefined> {
    const all = [partitions];
    for (let start = 1; start < head.pieces; start += piecesAtOnce) {
      const some = laterPieces({ ...head, pieces: Math.min(head.pieces, start + piecesAtOnce) }, start);
      for (const piece of await Promise.all(some.map((index) => this.#piece(planKey, index)))) {
        if (piece === undefined) return undefined;
        all.push(piece);
      }
    }
    return joinPlan(head, all);
  }

  async #first(planKey: string): Promise<FirstPiece | undefined> {
    const bytes = await this.heads.get(planKey);
    return bytes && decodeJson<FirstPiece>(bytes);
  }

  async #piece(planKey: string, piece: number): Promise<readonly StoredPartition[] | undefined> {
    const bytes = await this.pieces.get(pieceKey(planKey, piece));
    return bytes && decodeJson<readonly StoredPartition[]>(bytes);
  }
}

const pieceKey = (planKey: string, piece: number): string => `${piece}:${planKey}`;

/** Numbers of the pieces from `start` on; the first is in the plan's own document. */
const laterPieces = ({ pieces }: Pick<PlanNote, "pieces">, start = 1): readonly number[] =>
  Array.from({ length: Math.max(0, pieces - start) }, (_, index) => start + index);
