/**
 * What was read of files, kept in the store: a process that starts need not read what another one, or the last one, read already.
 * A file is known by path, size and modification time. What is missing, damaged or cannot be asked for is read from the file again.
 */

import type { Log } from "../../base/log.ts";
import { sha256 } from "../../engine/sha256.ts";
import type { FileIdentity } from "../dataset.ts";
import { mapBounded } from "../map-bounded.ts";
import type { FileShape, ParquetFile } from "../parquet/chunk.ts";
import { decodeFile, decodeShape, encodeFile, encodeShape } from "../parquet/encode-metadata.ts";
import type { MetadataStore } from "./registry.ts";

/** Part of every key: another one where the bytes mean something else. */
const format = "parquet 1";
const filesPerCall = 200;
const mostShapes = 200;
/** Milliseconds that the store is left alone after it failed. */
const restAfterFailure = 10_000;

export class FileMemory {
  readonly #store: MetadataStore;
  readonly #log: Log;
  readonly #shapes = new Map<string, Promise<FileShape | undefined>>();
  #failed = Number.NEGATIVE_INFINITY;

  constructor(store: MetadataStore, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** What is stored of these files, by path. */
  async recall(files: readonly FileIdentity[]): Promise<ReadonlyMap<string, ParquetFile>> {
    const found = new Map<string, ParquetFile>();
    for (let start = 0; start < files.length; start += filesPerCall) {
      const some = await Promise.all(files.slice(start, start + filesPerCall).map(async (file) => ({ file, key: await keyOf(file) })));
      const bodies = await this.#ask(() => this.#store.getMetadata(some.map(({ key }) => key)));
      if (!bodies) break;
      await mapBounded(some, 4, async ({ file, key }) => {
        const body = bodies.get(key);
        const content = body && (await this.#decode(body, file));
        if (content) found.set(file.path, content);
      });
    }
    return found;
  }

  async keep(file: FileIdentity, content: ParquetFile): Promise<void> {
    const { shape } = content;
    await this.#ask(async () => {
      if (!(await this.#shapes.get(shape.digest))) {
        await this.#store.putMetadata(shapeKey(shape.digest), await encodeShape(shape));
        this.#remember(shape.digest, Promise.resolve(shape));
      }
      await this.#store.putMetadata(await keyOf(file), await encodeFile(content));
    });
  }

  async #decode(body: Uint8Array, { path }: FileIdentity): Promise<ParquetFile | undefined> {
    try {
      return await decodeFile(body, (digest) => this.#shapeOf(digest));
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
    this.#remember(digest, asked);
    return asked;
  }

  async #readShape(digest: string): Promise<FileShape | undefined> {
    const key = shapeKey(digest);
    const body = (await this.#ask(() => this.#store.getMetadata([key])))?.get(key);
    if (!body) return undefined;
    try {
      return await decodeShape(body);
    } catch (error) {
      this.#log.warn({ err: error }, "what is stored of a schema is damaged; its files are read again");
      return undefined;
    }
  }

  #remember(digest: string, shape: Promise<FileShape | undefined>): void {
    if (this.#shapes.size >= mostShapes) this.#shapes.clear();
    this.#shapes.set(digest, shape);
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

const shapeKey = (digest: string): string => `${format} shape:${digest}`;

const keyOf = async ({ path, size, modified }: FileIdentity): Promise<string> =>
  `${format} file:${await sha256(JSON.stringify([path, size, modified]))}`;
