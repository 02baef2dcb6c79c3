/**
 * Keeps descriptions of files in the store, so that a process need not read files that another one has read. The key is the file's identity and the tree that
 * was requested. If a description is missing or damaged, or the store cannot be reached, the file is read again. The first recorded description counts for all
 * processes, so that a file has the same partitions everywhere, whatever size each process would choose.
 */

import { LRUCache } from "lru-cache";
import pMap from "p-map";
import type { Log } from "../../base/log.ts";
import { sha256 } from "../../engine/sha256.ts";
import type { FileIdentity } from "../dataset.ts";
import type { FileDescription, FileShape } from "../format.ts";
import { formatNamed } from "../formats.ts";
import { decodeDescription, decodeShape, encodeDescription, encodeShape } from "./encode-description.ts";
import { type MetadataStore, OptionalStore } from "./metadata-store.ts";

/** Part of every key. It must change when the bytes get another meaning. */
const edition = "description 7";
const filesPerCall = 200;
const mostShapes = 200;
/** The most keys that are remembered from asking until recording. */
const mostKeys = 512;

/** A tree of a file. */
interface FileTree {
  readonly file: FileIdentity;
  /** Undefined if none was requested. */
  readonly tree: string | undefined;
}

export interface DescribedFile {
  readonly file: FileIdentity;
  readonly description: FileDescription;
}

export class DescriptionStore {
  readonly #store: OptionalStore;
  readonly #log: Log;
  readonly #shapes = new LRUCache<string, Promise<FileShape | undefined>>({ max: mostShapes });
  readonly #keys = new LRUCache<FileIdentity, { readonly tree: string | undefined; readonly key: string }>({ max: mostKeys });

  constructor(store: MetadataStore, log: Log) {
    this.#store = new OptionalStore(store, log, "the store cannot say or keep what was read of files; they are read again");
    this.#log = log;
  }

  /** Returns the stored descriptions of this tree of these files, by path. */
  async recall(files: readonly FileIdentity[], tree: string | undefined): Promise<ReadonlyMap<string, FileDescription>> {
    const found = new Map<string, FileDescription>();
    for (let start = 0; start < files.length; start += filesPerCall) {
      const some = await Promise.all(
        files.slice(start, start + filesPerCall).map(async (file) => ({ file, key: await this.#keyOf({ file, tree }) })),
      );
      const bodies = await this.#store.ask((store) => store.getMetadata(some.map(({ key }) => key)));
      if (!bodies) break;
      const decode = async ({ file, key }: (typeof some)[number]) => {
        const description = await this.#decode(bodies.get(key)!, file);
        if (description) found.set(file.path, description);
      };
      const known = some.filter(({ key }) => bodies.has(key));
      await pMap(known, decode, { concurrency: 4 });
    }
    return found;
  }

  /**
   * Records the descriptions of some files. Returns, by path, those that were recorded before and differ. Descriptions that `replace` recorded ones have the
   * same units as these.
   */
  async record(
    described: readonly DescribedFile[],
    tree: string | undefined,
    { replaces = false } = {},
  ): Promise<ReadonlyMap<string, FileDescription>> {
    const others = await this.#store.ask(async (store) => {
      await this.#recordShapes(
        store,
        described.map(({ description }) => description.shape),
      );
      const entries = await Promise.all(
        described.map(async ({ file, description }) => ({
          key: await this.#keyOf({ file, tree }),
          body: await encodeDescription(description),
        })),
      );
      const outcomes = await store.putMetadata(entries, { replaces });
      const taken = described.filter((_, index) => outcomes[index] === "different").map(({ file }) => file);
      if (taken.length === 0) return new Map<string, FileDescription>();
      const first = await this.recall(taken, tree);
      const damaged = entries.filter((_, index) => outcomes[index] === "different" && !first.has(described[index]!.file.path));
      if (damaged.length > 0) await store.putMetadata(damaged, { replaces: true });
      return first;
    });
    return others ?? new Map();
  }

  async #recordShapes(store: MetadataStore, shapes: readonly FileShape[]): Promise<void> {
    for (const shape of new Map(shapes.map((each) => [each.digest, each])).values()) {
      if (await this.#shapes.get(shape.digest)) continue;
      await store.putMetadata([{ key: shapeKey(shape.digest), body: await encodeShape(shape) }], { replaces: true });
      this.#shapes.set(shape.digest, Promise.resolve(shape));
    }
  }

  async #decode(body: Uint8Array, { path }: FileIdentity): Promise<FileDescription | undefined> {
    try {
      return await decodeDescription(body, (digest) => this.#shapeOf(digest));
    } catch (error) {
      this.#log.warn({ file: path, err: error }, "what is stored of a file is damaged; the file is read again");
      return undefined;
    }
  }

  #shapeOf(digest: string): Promise<FileShape | undefined> {
    const known = this.#shapes.get(digest);
    if (known) return known;
    const asked = this.#readShape(digest).then((shape) => {
      if (!shape) this.#shapes.delete(digest);
      return shape;
    });
    this.#shapes.set(digest, asked);
    return asked;
  }

  async #readShape(digest: string): Promise<FileShape | undefined> {
    const key = shapeKey(digest);
    const body = (await this.#store.ask((store) => store.getMetadata([key])))?.get(key);
    if (!body) return undefined;
    try {
      const shape = await decodeShape(body);
      formatNamed(shape.format);
      return shape;
    } catch (error) {
      this.#log.warn({ err: error }, "what is stored of a schema is damaged; its files are read again");
      return undefined;
    }
  }

  async #keyOf({ file, tree }: FileTree): Promise<string> {
    const known = this.#keys.get(file);
    if (known && known.tree === tree) return known.key;
    const key = await makeKey({ file, tree });
    this.#keys.set(file, { tree, key });
    return key;
  }
}

const shapeKey = (digest: string): string => `${edition} shape:${digest}`;

const makeKey = async ({ file: { path, size, version }, tree }: FileTree): Promise<string> =>
  `${edition} file:${await sha256(JSON.stringify([path, size, version, ...(tree === undefined ? [] : [tree])]))}`;
