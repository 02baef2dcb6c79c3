/**
 * Keeps the bounds of loaded columns in the store, so that a process need not load a column to learn what another process, or the one before a restart, learned
 * of it. Bounds are written some seconds after they were found, many together. They may be lost at any time: the column is then read.
 *
 * A fingerprint names a file's version and a range of it, and the key has the version of what reads and computes, so a stored entry never becomes wrong. Every
 * entry is checked when it is read.
 */
import type { Log } from "../../base/log.ts";
import { engineVersion } from "../../engine/program/program.ts";
import { sha256 } from "../../engine/sha256.ts";
import type { NumberBounds } from "../../engine/skip/number-bounds.ts";
import { type MetadataStore, OptionalStore } from "../catalogue/metadata-store.ts";
import { crc32 } from "../compression/checksums.ts";

/** Part of every key. It must change when the bytes get another meaning. */
const edition = `bounds 1 ${engineVersion}`;
const entriesPerCall = 500;
/** The most entries that wait to be written, a few MB. More are not kept. */
const mostWaiting = 20_000;
const checksumBytes = 4;

interface Entry {
  readonly fingerprint: string;
  readonly column: string;
  readonly bounds: NumberBounds;
}

export class StoredBounds {
  readonly #store: OptionalStore;
  readonly #log: Log;
  readonly #late: number;
  #waiting: Entry[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** `late`: after how many milliseconds bounds are written. */
  constructor(store: MetadataStore, log: Log, { late = 5_000 } = {}) {
    this.#store = new OptionalStore(store, log, "the store cannot tell or keep the bounds of columns; partitions are read");
    this.#log = log;
    this.#late = late;
  }

  /** The stored bounds of these columns of a partition. Never rejects. */
  async recall(fingerprint: string, columns: readonly string[]): Promise<ReadonlyMap<string, NumberBounds>> {
    const found = new Map<string, NumberBounds>();
    const keys = await Promise.all(columns.map((column) => keyOf(fingerprint, column)));
    const bodies = await this.#store.ask((store) => store.getMetadata(keys));
    for (const [index, column] of columns.entries()) {
      const body = bodies?.get(keys[index]!);
      const bounds = body && decodeBounds(body);
      if (bounds) found.set(column, bounds);
      else if (body) this.#log.warn({ column }, "stored bounds of a column are damaged; the column is read again");
    }
    return found;
  }

  /** Writes the bounds later. */
  note(fingerprint: string, column: string, bounds: NumberBounds): void {
    if (this.#waiting.length >= mostWaiting) return;
    this.#waiting.push({ fingerprint, column, bounds });
    this.#timer ??= setTimeout(() => this.#write(), this.#late).unref();
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const entries = this.#waiting;
    this.#waiting = [];
    this.#writing = this.#writing.then(() => this.#writeAll(entries));
  }

  async #writeAll(entries: readonly Entry[]): Promise<void> {
    for (let start = 0; start < entries.length; start += entriesPerCall) {
      const some = await Promise.all(
        entries.slice(start, start + entriesPerCall).map(async ({ fingerprint, column, bounds }) => ({
          key: await keyOf(fingerprint, column),
          body: encodeBounds(bounds),
        })),
      );
      await this.#store.ask((store) => store.putMetadata(some));
    }
  }
}

const keyOf = async (fingerprint: string, column: string): Promise<string> =>
  `${edition} ${await sha256(JSON.stringify([fingerprint, column]))}`;

/** A checksum, then JSON. Infinities are strings, which JSON can hold. */
function encodeBounds({ low, high, nan, missing }: NumberBounds): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify([String(low), String(high), nan, missing]));
  const body = new Uint8Array(checksumBytes + text.length);
  new DataView(body.buffer).setUint32(0, crc32(text), true);
  body.set(text, checksumBytes);
  return body;
}

/** Returns undefined if the entry is damaged. */
function decodeBounds(body: Uint8Array): NumberBounds | undefined {
  if (body.length <= checksumBytes) return undefined;
  const text = body.subarray(checksumBytes);
  if (new DataView(body.buffer, body.byteOffset).getUint32(0, true) !== crc32(text)) return undefined;
  const [low, high, nan, missing] = JSON.parse(new TextDecoder().decode(text)) as [string, string, boolean, boolean];
  return { low: Number(low), high: Number(high), nan, missing };
}
