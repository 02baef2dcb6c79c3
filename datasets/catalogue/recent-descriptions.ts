/**
 * Bounds the memory that descriptions take. Those of a dataset's first files are kept completely; of the others, only the part from which the schema follows.
 * The places of their columns are recalled from the store, or read from the file again, when they are needed; the most recently needed ones are kept.
 */
import { LRUCache } from "lru-cache";
import { baseName, DatasetError, type FileIdentity } from "../dataset.ts";
import type { FileDescription } from "../format.ts";

/** The most bytes of the arrays of complete descriptions, and again of those that were recalled. */
const mostBytes = 32 * 2 ** 20;
const mostShapes = 8;

export type Recall = (file: FileIdentity) => Promise<FileDescription>;

export class RecentDescriptions {
  readonly #recall: Recall;
  readonly #most: number;
  readonly #recalled: LRUCache<string, FileDescription>;
  readonly #recalling = new Map<string, Promise<FileDescription>>();
  /** By the digest of the shape: a description with which others share arrays. */
  readonly #firsts = new LRUCache<string, FileDescription>({ max: mostShapes });
  #kept = 0;

  constructor(recall: Recall, most = mostBytes) {
    this.#recall = recall;
    this.#most = most;
    this.#recalled = new LRUCache({ maxSize: most, sizeCalculation: (description) => 1 + bytesOf(description) });
  }

  /**
   * Returns the complete description while there is space, otherwise the part from which the schema follows. Arrays that equal those of the shape's first
   * description are replaced by them.
   */
  keep(description: FileDescription): FileDescription {
    const bytes = bytesOf(description);
    const isWhole = this.#kept + bytes <= this.#most;
    if (isWhole) this.#kept += bytes;
    const kept = isWhole ? description : shorten(description);
    const { digest } = kept.shape;
    const first = this.#firsts.get(digest);
    if (first && first.isShort === kept.isShort) return shareArrays(kept, first);
    this.#firsts.set(digest, kept);
    return kept;
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

type Numbers = Float64Array | Uint8Array;

/** Replaces arrays that equal those of another description of the same shape. */
function shareArrays(description: FileDescription, other: FileDescription): FileDescription {
  const same = <Kind extends Numbers>(own: Kind, others: Numbers | undefined): Kind =>
    others && isEqual(own, others) ? (others as Kind) : own;
  const { nullable, nullLists, rounded, values, places } = description;
  const kept: Record<string, Numbers> = {};
  for (const [name, own] of Object.entries(places)) kept[name] = same(own, other.places[name]);
  return {
    ...description,
    nullable: same(nullable, other.nullable),
    ...(nullLists && { nullLists: same(nullLists, other.nullLists) }),
    ...(rounded && { rounded: same(rounded, other.rounded) }),
    values: kept.levels && isEqual(values, kept.levels) ? (kept.levels as Float64Array) : same(values, other.values),
    places: kept,
  };
}

function isEqual(a: Numbers, b: Numbers): boolean {
  if (a.length !== b.length || a.BYTES_PER_ELEMENT !== b.BYTES_PER_ELEMENT) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** The bytes of the arrays that recalling restores. */
export const bytesOf = ({ values, places }: FileDescription): number =>
  Object.values(places).reduce((sum, { byteLength }) => sum + byteLength, values.byteLength);

/**
 * Shortens a description. Numbers of values stay, unless they are only bounds: they tell which lists have equal lengths, in every file. What stays is copied,
 * since the arrays of a description share a buffer.
 */
function shorten({ shape, units, nullable, nullLists, rounded, values, likeness }: FileDescription): FileDescription {
  return {
    shape,
    units,
    nullable: nullable.slice(),
    ...(nullLists && { nullLists: nullLists.slice() }),
    ...(rounded && { rounded: rounded.slice() }),
    values: shape.hasBounds ? new Float64Array(0) : values.slice(),
    ...(likeness && { likeness: likeness.slice() }),
    places: {},
    isShort: true,
  };
}
