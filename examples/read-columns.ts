/**
 * femtoq/datasets: reads one column of every partition into flat arrays and prints its mean.
 * Run it as `npx tsx examples/read-columns.ts 'events/*.parquet' Muon_pt`.
 */
import { createCatalogue, DatasetError, offsetCounts, readColumn } from "femtoq/datasets";

const [pattern, name] = process.argv.slice(2);
if (pattern === undefined || name === undefined) {
  console.error("Usage: npx tsx examples/read-columns.ts FILES COLUMN, such as 'events/*.parquet' Muon_pt");
  process.exit(2);
}
const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array };

try {
  const catalogue = createCatalogue([{ name: "events", pattern }]);
  const dataset = await catalogue.get("events");
  for (const partition of dataset?.partitions ?? []) {
    // The location says how much room the column needs; the caller owns the memory.
    const location = await catalogue.locate("events", partition, name);
    const values = new arrays[location.column.dtype](location.values);
    const valid = new Uint8Array(location.values);
    const offsets = offsetCounts(location).map((count) => new Uint32Array(count));
    const { values: count, missing } = await readColumn(location, { values, valid, offsets });
    // A value that is missing is 0 here, so it does not change the sum.
    let sum = 0;
    for (const value of values.subarray(0, count)) sum += value;
    console.log(`partition ${partition.index}: ${location.entries} entries, ${count} values of ${name}, mean ${sum / (count - missing)}`);
  }
} catch (error) {
  if (!(error instanceof DatasetError)) throw error;
  console.error(error.message);
  process.exit(1);
}
