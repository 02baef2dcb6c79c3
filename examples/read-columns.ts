/**
 * femtoq/datasets: reads one column of every partition into flat arrays and prints its mean, or how many strings there are.
 * Run it as `npx tsx examples/read-columns.ts 'events/*.parquet' Muon_pt`.
 */
import { createCatalogue, DatasetError, makeTarget, readColumn, readDictionary } from "femtoq/datasets";

const [pattern, name] = process.argv.slice(2);
if (pattern === undefined || name === undefined) {
  console.error("Usage: npx tsx examples/read-columns.ts FILES COLUMN, such as 'events/*.parquet' Muon_pt");
  process.exit(2);
}
try {
  const catalogue = createCatalogue([{ name: "events", pattern }]);
  const dataset = await catalogue.get("events");
  for (const partition of dataset?.partitions ?? []) {
    // The location says how much room the column needs; the caller owns the memory.
    const location = await catalogue.locate("events", partition, name);
    const target = makeTarget(location);
    const { values: count, missing } = await readColumn(location, target);
    const head = `partition ${partition.index}: ${location.entries} entries, ${count} values of ${name}`;
    if (location.column.dtype === "string") {
      console.log(`${head}, ${readDictionary(target.strings!.buffer, 0).length} different strings`);
      continue;
    }
    // A value that is missing is 0 here, so it does not change the sum.
    let sum = 0;
    for (const value of target.values.subarray(0, count)) sum += Number(value);
    console.log(`${head}, mean ${sum / (count - missing)}`);
  }
} catch (error) {
  if (!(error instanceof DatasetError)) throw error;
  console.error(error.message);
  process.exit(1);
}
