/**
 * Inserts many documents at a time: those that arrive while the server works on one batch make up the next.
 * Guarantees: each document is stored or refused by itself. Only documents that callers wait for are held in memory.
 */
import { type Collection, MongoBulkWriteError, type OptionalUnlessRequiredId, type WriteError } from "mongodb";
import type { Connection, Keyed } from "./connection.ts";

interface Waiting<T> {
  readonly document: T;
  readonly bytes: number;
  readonly resolve: (isInserted: boolean) => void;
  readonly reject: (error: unknown) => void;
}

const mostDocuments = 500;
const mostBytes = 12 * 2 ** 20;
const batchesAtOnce = 2;

export class InsertBatches<T extends Keyed> {
  readonly #connection: Connection;
  readonly #collection: Collection<T>;
  readonly #waiting: Waiting<T>[] = [];
  #running = 0;

  constructor(connection: Connection, collection: Collection<T>) {
    this.#connection = connection;
    this.#collection = collection;
  }

  /** Resolves to false if the key is taken. */
  insert(document: T, bytes: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ document, bytes, resolve, reject });
      if (this.#running < batchesAtOnce) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running++;
    // Inserts that are asked for in the same turn of the event loop make up one batch.
    await Promise.resolve();
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      try {
        const taken = await this.#insertAll(batch);
        for (const [index, { resolve }] of batch.entries()) resolve(!taken.has(index));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running--;
  }

  #take(): readonly Waiting<T>[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      bytes += waiting.bytes;
      if (count > 0 && (count === mostDocuments || bytes > mostBytes)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** Returns the indices of the documents whose keys are taken. */
  #insertAll(batch: readonly Waiting<T>[]): Promise<ReadonlySet<number>> {
    const documents = batch.map(({ document }) => document as unknown as OptionalUnlessRequiredId<T>);
    return this.#connection.write("store bodies", async () => {
      try {
        await this.#collection.insertMany(documents, { ordered: false });
        return new Set<number>();
      } catch (error) {
        if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
        const failures: readonly WriteError[] = [error.writeErrors].flat();
        if (failures.length === 0 || failures.some(({ code }) => code !== 11000)) throw error;
        return new Set(failures.map(({ index }) => index));
      }
    });
  }
}
