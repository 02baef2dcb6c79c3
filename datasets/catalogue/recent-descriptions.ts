/**
 * Bounds what descriptions take in memory: those of a dataset's first files are kept whole, of the others only what its schema follows from. Where columns of these lie is
 * recalled from the store, or read from the file again, when it is asked for; what was asked for lately is kept.
 */
import { LRUCache } from "lru-cache";
import { baseName, DatasetError, type FileIdentity } from "../dataset.ts";
import type { FileDescription } from "../format.ts";

/** The most bytes of arrays of descriptions that are kept whole, and the most of those that were recalled. */
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

  /** The description whole while there is room, or what its schema follows from. */
  keep(description: FileDescription): FileDescription {
    const bytes = bytesOf(description);
    if (this.#kept + bytes > this.#most) return shorten(description);
    this.#kept += bytes;
    return description;
  }

  /** Nothing is kept any more of these. */
  leave(descriptions: readonly FileDescription[]): void {
    for (const each of descriptions) if (!each.isShort) this.#kept -= bytesOf(each);
  }

  /** The whole description of a file; throws `DatasetError` where it was recorded anew since with other units, and as recalling does. */
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

/** Numbers of values that are no bounds tell which lists are alike, in every file. */
function shorten(description: FileDescription): FileDescription {
  const values = description.shape.hasBounds ? new Float64Array(0) : description.values;
  return { ...description, values, places: {}, isShort: true };
}
