/** Parquet: a unit is a row group. */
import type { Format } from "../format.ts";
import { type ColumnChunk, locateChunk } from "./column-chunk.ts";
import { decodeChunk } from "./decode-chunk.ts";
import { beginsAsParquet, describeParquet } from "./describe-file.ts";
import { format } from "./parse-footer.ts";

export const parquet: Format = {
  name: format,
  title: "Parquet",
  ending: ".parquet",
  recognises: beginsAsParquet,
  describe: describeParquet,
  locate: locateChunk,
  read: (file, location, target) => decodeChunk(file, location.place as ColumnChunk, target, location),
};
