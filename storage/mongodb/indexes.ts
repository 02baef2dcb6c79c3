/**
 * The collections and their indexes. `_id` is each document's key, so uniqueness needs no further index. Documents expire by the index on
 * `expires`, if the server supports that.
 */
import type { IndexDescription } from "mongodb";
import type { Connection } from "./connection.ts";
import { isPassing } from "./explain-error.ts";

const expiry: IndexDescription = { key: { expires: 1 }, name: "expires", expireAfterSeconds: 0 };
/** Finds the documents used least recently; also serves to sum sizes without reading documents. */
const usage: IndexDescription = { key: { used: 1, size: 1, _id: 1 }, name: "used" };

const indexes: Readonly<Record<string, readonly IndexDescription[]>> = {
  programs: [expiry],
  plans: [expiry, { key: { programKey: 1 }, name: "program" }],
  plan_pieces: [expiry],
  queries: [expiry, { key: { created: -1, _id: -1 }, name: "newest" }, { key: { planKey: 1 }, name: "plan" }],
  partials: [expiry, usage],
  results: [expiry, usage],
  pieces: [expiry],
  datasets: [],
  metadata: [expiry],
};

export const collectionNames: readonly string[] = Object.keys(indexes);

/** Creates the indexes that are missing; may be called any number of times. */
export async function createIndexes(connection: Connection): Promise<void> {
  for (const [name, descriptions] of Object.entries(indexes)) {
    const collection = connection.collection(name);
    for (const { key, ...options } of descriptions) {
      try {
        await collection.createIndex(key, options);
      } catch (error) {
        const isOptional = options.expireAfterSeconds !== undefined && !isPassing(error);
        if (!isOptional) throw error;
        connection.log.warn({ collection: name, err: error }, "the server lets no documents expire; the store removes them itself");
      }
    }
  }
}

/** Empties all collections at once. */
export async function dropCollections(connection: Connection): Promise<void> {
  for (const name of collectionNames) {
    await connection.write("empty the store", () =>
      connection
        .collection(name)
        .drop()
        .catch((error: unknown) => {
          // Older servers fail if there is no such collection.
          if (!(error instanceof Error) || !error.message.includes("ns not found")) throw error;
        }),
    );
  }
  await connection.write("empty the store", () => createIndexes(connection));
}
