/** The format ROOT: reads the trees of a file, TTree or RNTuple. A unit is as many clusters as make a partition. */
import { DatasetError } from "../dataset.ts";
import { type DescribeOptions, type FileDescription, type Format, type TreeSummary, usualPartitionEvents } from "../format.ts";
import { takeArea } from "../kernels/kernels.ts";
import type { ByteReader } from "../sources/source.ts";
import { rangesOfBaskets, readFirstBasketOffsets } from "./baskets/basket-ranges.ts";
import type { BasketsPlace } from "./baskets/branch.ts";
import { readBaskets } from "./baskets/read-baskets.ts";
import { prepareCodecs } from "./compression/decompress.ts";
import { isRoot, readFileHeader } from "./file/file-header.ts";
import { readObject } from "./file/read-object.ts";
import { readStreamers } from "./file/read-streamers.ts";
import { ReadWindows } from "./file/read-windows.ts";
import { type FoundTree, findTrees, isRNTuple, listTrees } from "./find-trees.ts";
import { parseAnchor } from "./rntuple/anchor.ts";
import { prepareChecksums } from "./rntuple/checksum.ts";
import { describeRNTuple, type NamedAnchor } from "./rntuple/describe-rntuple.ts";
import { locatePages, type PagesPlace } from "./rntuple/locate-pages.ts";
import { rangesOfPages, readFirstPageOffsets, readPages } from "./rntuple/read-pages.ts";
import type { StoredField } from "./rntuple/stored-field.ts";
import { describeTTrees, type TreeSource } from "./tree/describe-tree.ts";
import { compressionOf, locateBranch, type StoredBranch } from "./tree/tree-places.ts";

/** The most trees of a file that are listed. */
const mostTrees = 20;
/** The name of the format; it must change when the meaning of descriptions does. */
const format = "root-4";

export const root: Format = {
  name: format,
  title: "ROOT",
  ending: ".root",
  recognises: isRoot,
  describe: describeRoot,
  locate: (description, unit, column) =>
    (column.stored as StoredBranch | StoredField).kind === "branch"
      ? locateBranch(description, unit, column)
      : locatePages(description, unit, column),
  ranges: ({ place }) => (isBaskets(place) ? rangesOfBaskets(place) : rangesOfPages(place as PagesPlace)),
  readFirstOffsets: (file, { place, values }) =>
    isBaskets(place) ? readFirstBasketOffsets(file, place, values) : readFirstPageOffsets(file, place as PagesPlace),
  read(file, location, target) {
    const { place } = location;
    return isBaskets(place) ? readBaskets(file, place, location, target) : readPages(file, place as PagesPlace, location, target);
  },
  async prepare() {
    takeArea(0);
    await Promise.all([prepareCodecs(), prepareChecksums()]);
  },
  typeName: ({ stored }) => ((stored as StoredBranch | StoredField).kind === "branch" ? (stored as StoredBranch).form.type : undefined),
  sizeOf(description, unit, column) {
    const { place } = root.locate(description, unit, column);
    // Not from `ranges`: for embedded baskets these include the tree's whole object, which all columns share.
    if (isBaskets(place)) {
      const compression = compressionOf(description, column);
      const bytes = place.baskets.reduce((sum, { bytes }) => sum + bytes, 0);
      return { bytes, ...(compression !== undefined && { compression }) };
    }
    return { bytes: rangesOfPages(place as PagesPlace).reduce((sum, { start, end }) => sum + end - start, 0) };
  },
  async trees(reader, name) {
    const file = new ReadWindows(reader);
    const found = await listTrees(file, await readFileHeader(file));
    return await Promise.all(found.slice(0, mostTrees).map((each) => summarise(reader, name, each)));
  },
};

const isBaskets = (place: unknown): place is BasketsPlace => (place as BasketsPlace | PagesPlace).kind === "baskets";

/** A tree that cannot be described is listed without its number of entries. */
async function summarise(reader: ByteReader, name: string, { path, key: { className } }: FoundTree): Promise<TreeSummary> {
  try {
    const { units } = await describeRoot(reader, name, { tree: path });
    return { name: path, className, entries: units.reduce((sum, { entries }) => sum + entries, 0) };
  } catch (error) {
    if (error instanceof DatasetError && error.permanent) return { name: path, className };
    throw error;
  }
}

async function describeRoot(file: ByteReader, name: string, options: DescribeOptions): Promise<FileDescription> {
  try {
    return await describeTrees(file, options);
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    throw new DatasetError(`Cannot read ${name}: ${cause instanceof Error ? cause.message : cause}`, { cause, permanent: true });
  }
}

async function describeTrees(
  reader: ByteReader,
  { tree, partitionEvents = usualPartitionEvents }: DescribeOptions,
): Promise<FileDescription> {
  const file = new ReadWindows(reader);
  try {
    const header = await readFileHeader(file);
    const trees = await findTrees(file, header, tree);
    const named = { format, partitionEvents, tree: tree === undefined ? trees[0].path : undefined };
    const ntuples = trees.filter(({ key }) => isRNTuple(key));
    if (ntuples.length > 0) {
      if (ntuples.length < trees.length) throw new Error(`${ntuples[0].path} is an RNTuple, which cannot be read as one with TTrees`);
      const anchors: NamedAnchor[] = [];
      for (const { path, key } of ntuples) anchors.push({ name: path, anchor: await parseAnchor(await readObject(file, key)) });
      return await describeRNTuple(reader, anchors, named);
    }
    const sources: TreeSource[] = [];
    for (const each of trees) sources.push(await readTree(file, each));
    const streamers = await readStreamers(file, header);
    return await describeTTrees(sources, { ...named, streamers, fileBytes: file.byteLength });
  } finally {
    file.release();
  }
}

async function readTree(file: ReadWindows, { path, key }: FoundTree): Promise<TreeSource> {
  const { className, keyBytes, seek, bytes } = key;
  const object = await readObject(file, key);
  return { name: path, className, object, keyBytes, seek: seek + keyBytes, bytes: bytes - keyBytes };
}
