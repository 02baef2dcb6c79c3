/** Writes blocks, over and over; tells its parent when it has begun. */
import { join } from "node:path";
import process from "node:process";
import { writeBlock } from "../../../../datasets/cache/disk/block-file.ts";

const block = new Uint8Array(2 ** 20).fill(7);
for (let number = 0; ; number++) {
  writeBlock(join(process.argv[2]!, `block${number % 8}`), [block]);
  if (number === 20) process.send?.("writing");
  if (number % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
}
