/** The datasets in the embedded store, by name. Only operators register and remove them, which bounds their number. */
import type { Database } from "lmdb";
import type { Registration } from "../../base/registration.ts";
import { decodeJson, encodeJson } from "../encode-records.ts";
import { encodeKey } from "./binary-keys.ts";
import type { Environment } from "./environment.ts";

export class DatasetTable {
  readonly #environment: Environment;
  readonly #datasets: Database<Uint8Array, Uint8Array>;

  constructor(environment: Environment) {
    this.#environment = environment;
    const { root, read } = environment;
    this.#datasets = read(() => root.openDB("datasets", { encoding: "binary", keyEncoding: "binary" }));
  }

  async list(): Promise<readonly Registration[]> {
    return this.#environment.read(() => [...this.#datasets.getRange()].map(({ value }) => decodeJson<Registration>(new Uint8Array(value))));
  }

  put(dataset: Registration): Promise<boolean> {
    return this.#change(dataset.name, dataset.revision - 1, (key) => this.#datasets.put(key, encodeJson(dataset)));
  }

  remove(name: string, revision: number): Promise<boolean> {
    return this.#change(name, revision, (key) => this.#datasets.remove(key));
  }

  async clear(): Promise<void> {
    await this.#environment.transact(() => {
      for (const key of [...this.#datasets.getKeys()]) this.#datasets.remove(key);
    });
  }

  /** Changes a dataset if the stored one has this revision; 0 means that none is stored. */
  #change(name: string, revision: number, change: (key: Uint8Array) => void): Promise<boolean> {
    const key = encodeKey(name);
    return this.#environment.transact(() => {
      const bytes = this.#datasets.getBinary(key);
      const stored = bytes === undefined ? 0 : decodeJson<Registration>(new Uint8Array(bytes)).revision;
      if (stored !== revision) return false;
      change(key);
      return true;
    });
  }
}
