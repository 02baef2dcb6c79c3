/**
 * Describes the new files of a dataset. Descriptions that the store has are recalled, many at a time. The other files are read, and their descriptions are
 * recorded, many at a time while further files are read. If a process ends in the middle, its recorded descriptions remain, and the next process reads the
 * rest.
 *
 * Near files are read one after another while the thread waits, in turns of some milliseconds, since a read in the background costs more than the read itself.
 * After a file that took long, some are read in the background, several at a time, as distant ones are.
 */
import pMap from "p-map";
import { TurnTaker } from "../../base/turn.ts";
import type { DescribeOptions, FileDescription } from "../format.ts";
import type { FoundFile } from "../sources/source.ts";
import { type BrokenDatasetFile, brokenFile, type DatasetFile, describedFile, readDescription } from "./dataset-file.ts";
import type { DescriptionStore } from "./description-store.ts";
import { bytesOf } from "./recent-descriptions.ts";

export interface DescribeFilesOptions extends DescribeOptions {
  readonly stored: DescriptionStore | undefined;
  /** Returns the description in the form that stays in memory. */
  keep(description: FileDescription): FileDescription;
}

const recalledAtATime = 200;
/** Distant sources need time for each answer, so several files are read at once. */
const parallelReads = 16;
/** The most descriptions, and their most bytes, that are recorded together. Until then they stay in memory. */
const mostTogether = 128;
const mostBytesTogether = 8 * 2 ** 20;
const inBackgroundAtATime = 32;
/** In milliseconds: a read that takes longer shows that the disk is slow. */
const longestRead = 5;

/** Describes files, by path. A file that cannot be read is a broken one. */
export async function describeFiles(found: readonly FoundFile[], options: DescribeFilesOptions): Promise<ReadonlyMap<string, DatasetFile>> {
  const describing = new DescribedFiles(options);
  try {
    for (let start = 0; start < found.length; start += recalledAtATime) {
      await describing.describe(found.slice(start, start + recalledAtATime));
    }
  } finally {
    await describing.recorded();
  }
  return describing.files;
}

interface ReadFile {
  readonly found: FoundFile;
  readonly description: FileDescription;
}

class DescribedFiles {
  readonly files = new Map<string, DatasetFile>();
  readonly #options: DescribeFilesOptions;
  #read: ReadFile[] = [];
  #bytes = 0;
  #recording: Promise<void> = Promise.resolve();
  readonly #turns = new TurnTaker();

  constructor(options: DescribeFilesOptions) {
    this.#options = options;
  }

  async describe(found: readonly FoundFile[]): Promise<void> {
    const { stored, tree } = this.#options;
    const there = found.filter(({ cause }) => cause === undefined).map(({ file }) => file);
    const recalled = there.length > 0 ? await stored?.recall(there, tree) : undefined;
    const unknown: FoundFile[] = [];
    for (const each of found) {
      const description = recalled?.get(each.file.path);
      if (description) await this.#keep(each, description);
      else unknown.push(each);
      await this.#turns.take();
    }
    for (let next = 0; next < unknown.length; ) {
      if (unknown[next]!.isNear && !(await this.#readHere(unknown[next++]!))) continue;
      const some = unknown.slice(next, next + inBackgroundAtATime);
      await pMap(some, async (each) => this.#note(each, await readDescription(each, this.#options)), { concurrency: parallelReads });
      next += some.length;
    }
  }

  /** Waits until all descriptions that were read are recorded. */
  async recorded(): Promise<void> {
    await this.#record().finally(() => this.#recording);
  }

  /** Reads a file on this thread; returns whether it took long. */
  async #readHere(found: FoundFile): Promise<boolean> {
    const begun = performance.now();
    const read = await readDescription(found, { ...this.#options, mayBlock: true });
    const took = performance.now() - begun;
    await this.#note(found, read);
    await this.#turns.take();
    return took > longestRead;
  }

  async #note(found: FoundFile, read: FileDescription | BrokenDatasetFile): Promise<void> {
    if ("cause" in read) {
      await this.#keepBroken(found, read);
      return;
    }
    this.#read.push({ found, description: read });
    this.#bytes += bytesOf(read);
    if (this.#read.length >= mostTogether || this.#bytes >= mostBytesTogether) await this.#record();
  }

  /** Begins to record the descriptions that were read; waits only for earlier records. */
  async #record(): Promise<void> {
    const [read, before] = [this.#read, this.#recording];
    this.#read = [];
    this.#bytes = 0;
    this.#recording = before.then(() => this.#recordAll(read));
    await before;
  }

  async #recordAll(read: readonly ReadFile[]): Promise<void> {
    const { stored, tree } = this.#options;
    const described = read.map(({ found, description }) => ({ file: found.file, description }));
    const recorded = described.length > 0 ? await stored?.record(described, tree) : undefined;
    for (const { found, description } of read) await this.#keep(found, recorded?.get(found.file.path) ?? description);
  }

  async #keep({ file }: FoundFile, description: FileDescription): Promise<void> {
    this.files.set(file.path, await describedFile(file, this.#options.keep(description), this.#options.tree));
  }

  async #keepBroken({ file }: FoundFile, reason: BrokenDatasetFile): Promise<void> {
    this.files.set(file.path, await brokenFile(file, reason, this.#options.tree));
  }
}
