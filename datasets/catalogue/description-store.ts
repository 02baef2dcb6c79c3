/**
 * Descriptions of files, kept in the store: a process that starts need not read what another one, or the last one, read already.
 * A tree of a file is known by the file's identity and the tree as it is asked for. What is missing, damaged or cannot be asked for is read from the file
 * again. The first description that is recorded counts for all, so that a file has the same partitions everywhere, however large each process would make them.
 */

import { LRUCache } from "lru-cache";
import pMap from "p-map";
import type { Log } from "../../base/log.ts";
import { sha256 } from "../../engine/sha256.ts";
import type { FileIdentity } from "../dataset.ts";
import type { FileDescription, FileShape } from "../format.ts";
import { formatNamed } from "../formats.ts";
import { decodeDescription, decodeShape, encodeDescription, encodeShape } from "./encode-description.ts";

/** The part of the store that this needs. */
export interface MetadataStore {
  /** The first one put stays, unless one `replaces` it. */
  putMetadata(key: string, body: Uint8Array, options?: { readonly replaces?: boolean }): Promise<"inserted" | "same" | "different">;
  /** Those of the keys that are there. */
  getMetadata(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>>;
}

/** Part of every key: another one where the bytes mean something else. */
const edition = "description 6";
const filesPerCall = 200;
const mostShapes = 200;
/** Milliseconds that the store is left alone after it failed. */
const restAfterFailure = 10_000;

/** A tree of a file. */
interface FileTree {
  readonly file: FileIdentity;
  /** Undefined where none was asked for. */
  readonly tree: string | undefined;
}

export class DescriptionStore {
  readonly #store: MetadataStore;
  readonly #log: Log;
  readonly #shapes = new LRUCache<string, Promise<FileShape | undefined>>({ max: mostShapes });
  #failed = Number.NEGATIVE_INFINITY;

  constructor(store: MetadataStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** What is stored of this tree of these files, by path. */
  async recall(files: readonly FileIdentity[], tree: string | undefined): Promise<ReadonlyMap<string, FileDescription>> {
    const found = new Map<string, FileDescription>();
    for (let start = 0; start < files.length; start += filesPerCall) {
      const some = await Promise.all(
        files.slice(start, start + filesPerCall).map(async (file) => ({ file, key: await keyOf({ file, tree }) })),
      );
      const bodies = await this.#ask(() => this.#store.getMetadata(some.map(({ key }) => key)));
      if (!bodies) break;
      const decode = async ({ file, key }: (typeof some)[number]) => {
        const body = bodies.get(key);
        const description = body && (await this.#decode(body, file));
        if (description) found.set(file.path, description);
      };
      await pMap(some, decode, { concurrency: 4 });
    }
    return found;
  }

  /** Records the description; gives the one that is recorded then. Where it `replaces` the recorded one, its units are the same. */
  async record(which: FileTree, description: FileDescription, { replaces = false } = {}): Promise<FileDescription> {
    const { shape } = description;
    const recorded = await this.#ask(async () => {
      if (!(await this.#shapes.get(shape.digest))) {
        await this.#store.putMetadata(shapeKey(shape.digest), await encodeShape(shape), { replaces: true });
        this.#shapes.set(shape.digest, Promise.resolve(shape));
      }
      const [key, body] = [await keyOf(which), await encodeDescription(description)];
      if ((await this.#store.putMetadata(key, body, { replaces })) !== "different") return description;
      const first = (await this.recall([which.file], which.tree)).get(which.file.path);
      if (!first) await this.#store.putMetadata(key, body, { replaces: true });
      return first;
    });
    return recorded ?? description;
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
    const body = (await this.#ask(() => this.#store.getMetadata([key])))?.get(key);
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

  /** Undefined where the store fails, and for a while after it did. */
  async #ask<T>(call: () => Promise<T>): Promise<T | undefined> {
    if (Date.now() - this.#failed < restAfterFailure) return undefined;
    try {
      return await call();
    } catch (error) {
      this.#failed = Date.now();
      this.#log.warn({ err: error }, "the store cannot say or keep what was read of files; they are read again");
      return undefined;
    }
  }
}

const shapeKey = (digest: string): string => `${edition} shape:${digest}`;

const keyOf = async ({ file: { path, size, version }, tree }: FileTree): Promise<string> =>
  `${edition} file:${await sha256(JSON.stringify([path, size, version, ...(tree === undefined ? [] : [tree])]))}`;
