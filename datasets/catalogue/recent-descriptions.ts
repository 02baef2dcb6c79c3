/**
 * Bounds the memory that descriptions take. Those of a dataset's first files are kept completely; of the others, only the part from which the schema follows.
 * The places of their columns are recalled from the store, or read from the file again, when they are needed; the most recently needed ones are kept.
 */
import { LRUCache } from "lru-cache";
import { baseName, DatasetError, type FileIdentity } from "../dataset.ts";
import type { FileDescription } from "../format.ts";

/** The most bytes of the arrays of complete descriptions, and again of those that were recalled. */
const mostBytes = 32 * 2 ** 20;

export type Recall = (file: FileIdentity) => Promise<FileDescription>;

export class RecentDescriptions {
  readonly #recall: Recall;
  readonly #most: number;
  readonly #recalled: LRUCache<string, FileDescription>;
  readonly #recalling = new Map<string, Promise<FileDescription>>();
  #kept = 0;

  constructor(recall: Recall, most = mostBytes) {
    this.#recall = recall;
    this.#most = most;
    this.#recalled = new LRUCache({ maxSize: most, sizeCalculation: (description) => 1 + bytesOf(description) });
  }

  /** Returns the complete description while there is space, otherwise the part from which the schema follows. */
  keep(description: FileDescription): FileDescription {
    const bytes = bytesOf(description);
    if (this.#kept + bytes > this.#most) return shorten(description);
    this.#kept += bytes;
    return description;
  }

  /** Must be called when these descriptions are no longer used. */
  leave(descriptions: readonly FileDescription[]): void {
    for (const each of descriptions) if (!each.isShort) this.#kept -= bytesOf(each);
  }

  /** Returns the complete description of a file. Throws `DatasetError` if it has been recorded again with other units, and as recalling does. */
  async whole(file: FileIdentity, description: FileDescription): Promise<FileDescription> {
    if (!description.isShort) return description;
    const known = this.#recalled.get(file.path);
    if (known && isOf(known, description)) return known;
    const recalling = this.#recalling.get(file.path) ?? this.#recallOne(file, description).finally(() => this.#recalling.delete(file.path));
    this.#recalling.set(file.path, recalling);
    return await recalling;
  }

  async #recallOne(file: FileIdentity, description: FileDescription): Promise<FileDescription> {
    const recalled = await this.#recall(file);
    if (!isOf(recalled, description))
      throw new DatasetError(`Cannot read ${baseName(file.path)}: its partitions were recorded anew; submit the query again`, {
        permanent: true,
      });
    const whole = { ...recalled, shape: description.shape };
    this.#recalled.set(file.path, whole);
    return whole;
  }
}

const isOf = (whole: FileDescription, { shape, units }: FileDescription): boolean =>
  whole.shape.digest === shape.digest && JSON.stringify(whole.units) === JSON.stringify(units);

/** The bytes of the arrays that recalling restores. */
export const bytesOf = ({ values, places }: FileDescription): number =>
  Object.values(places).reduce((sum, { byteLength }) => sum + byteLength, values.byteLength);

/** Shortens a description. Numbers of values stay, unless they are only bounds: they tell which lists have equal lengths, in every file. */
function shorten(description: FileDescription): FileDescription {
  const values = description.shape.hasBounds ? new Float64Array(0) : description.values;
  return { ...description, values, places: {}, isShort: true };
}
