// Loaded into a server for a test: a thread of the system is blocked from now on, for nobody will ever write into the pipe that BLOCK_ON names.
import { open } from "node:fs/promises";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

if (isMainThread && process.argv[1]?.endsWith("start.ts")) open(process.env.BLOCK_ON ?? "").catch(() => undefined);
