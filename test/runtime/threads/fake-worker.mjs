// A worker thread for tests of the pool: it says what it was asked, ends at a load of the column "crash", and loads "endless" until it is aborted.
import process from "node:process";
import { parentPort } from "node:worker_threads";

if (!parentPort) throw new Error("This file is a worker thread");
const port = parentPort;

let isLoading = false;
port.on("message", (message) => {
  if (message.kind === "abort" && isLoading) {
    isLoading = false;
    port.postMessage({ kind: "loaded", outcomes: [{ kind: "failed", failure: { kind: "stopped" } }] });
  }
  if (message.kind !== "load") return;
  const [{ location }] = message.columns;
  if (location.column.name === "crash") process.exit(3);
  const cost = { bytes: 0, reading: 0, decoding: 0 };
  const outcomes = [{ kind: "column", values: location.entries, cost }];
  if (location.column.name === "endless") isLoading = true;
  else port.postMessage({ kind: "loaded", outcomes });
});
port.postMessage({ kind: "up" });
