/** Registered datasets, one document each with the name as `_id`. They never expire. */
import type { Collection } from "mongodb";
import type { Registration } from "../../base/registration.ts";
import { isDataset, isDatasetContent } from "./check-document.ts";
import type { Connection, Keyed } from "./connection.ts";
import { isDuplicateKey } from "./explain-error.ts";

type DatasetDocument = Omit<Registration, "name" | "registered"> & Keyed & { readonly registered: Date };

const documentsPerBatch = 1000;

export class DatasetTable {
  readonly #connection: Connection;
  readonly #collection: Collection<DatasetDocument>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#collection = connection.collection<DatasetDocument>("datasets");
  }

  async list(): Promise<readonly Registration[]> {
    const call = () => this.#collection.find({}, { sort: { _id: 1 }, batchSize: documentsPerBatch }).toArray();
    const documents = await this.#connection.read("list datasets", call);
    const message = "a document is no dataset as the store writes it; it is left out until a server registers its name anew";
    for (const document of documents) if (!isDataset(document)) this.#connection.wrong.tell("datasets", document._id, message);
    return documents.filter(isDataset).map(({ _id: name, pattern, registered, by, held, revision, content }) => ({
      name,
      pattern,
      registered: registered.getTime(),
      by,
      held,
      revision,
      ...(isDatasetContent(content) && { content: content! }),
    }));
  }

  /** False if another revision is there. After a lost answer it may be false although it wrote; the caller then finds its own revision. */
  put({ name, registered, ...rest }: Registration): Promise<boolean> {
    const document = { ...rest, registered: new Date(registered) };
    return this.#connection.write("register a dataset", async () => {
      if (rest.revision > 1) {
        const { matchedCount } = await this.#collection.replaceOne({ _id: name, revision: rest.revision - 1 }, document);
        return matchedCount > 0;
      }
      try {
        await this.#collection.insertOne({ _id: name, ...document });
        return true;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      // A malformed document with this name is replaced.
      const found = await this.#collection.findOne({ _id: name });
      if (found === null || isDataset(found)) return false;
      const { matchedCount } = await this.#collection.replaceOne({ _id: name, revision: found.revision ?? { $exists: false } }, document);
      return matchedCount > 0;
    });
  }

  async remove(name: string, revision: number): Promise<boolean> {
    const call = () => this.#collection.deleteOne({ _id: name, revision });
    return (await this.#connection.write("remove a dataset", call)).deletedCount > 0;
  }
}
