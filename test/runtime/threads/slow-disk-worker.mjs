// The worker thread as it is, over a disk that gives one byte at a time, after a pause.
import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const handle = await open(fileURLToPath(import.meta.url));
const disk = Object.getPrototypeOf(handle);
await handle.close();
const { read } = disk;
/** @this {unknown} @param {unknown[]} asked */
disk.read = async function (...asked) {
  await pause(5);
  return await read.call(this, asked[0], asked[1], 1, asked[3]);
};

await import("Deno" in globalThis ? "../../../runtime/threads/worker.ts" : "../../../runtime/threads/worker-node.mjs");
