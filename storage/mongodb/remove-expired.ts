/** Removes expired documents, for servers without TTL indexes; on others it finds little. */
import type { Collection } from "mongodb";
import type { Connection } from "./connection.ts";
import { collectionNames } from "./indexes.ts";
import type { Used } from "./last-access.ts";

const keysPerStep = 1000;

/** Returns the number of removed documents. Works in steps, so that no call takes long; a document that is used meanwhile stays. */
export async function removeExpired(connection: Connection, now: number): Promise<number> {
  let removed = 0;
  for (const name of collectionNames) {
    const collection = connection.collection<Used>(name);
    for (let gone = keysPerStep; gone > 0; removed += gone) gone = await removeSome(connection, collection, new Date(now));
  }
  return removed;
}

async function removeSome(connection: Connection, collection: Collection<Used>, now: Date): Promise<number> {
  const expired = { expires: { $lt: now } };
  const options = { projection: { _id: 1 }, limit: keysPerStep, batchSize: keysPerStep };
  const found = await connection.read("look for what expired", () => collection.find<{ readonly _id: string }>(expired, options).toArray());
  if (found.length === 0) return 0;
  const filter = { _id: { $in: found.map(({ _id }) => _id) }, ...expired };
  return (await connection.write("remove what expired", () => collection.deleteMany(filter))).deletedCount;
}
