// A worker thread for tests of the pool: it says what it was asked, and ends at a load of the column "crash".
import process from "node:process";
import { parentPort } from "node:worker_threads";

if (!parentPort) throw new Error("This file is a worker thread");
const port = parentPort;

port.on("message", (message) => {
  if (message.kind !== "load") return;
  if (message.location.column.name === "crash") process.exit(3);
  port.postMessage({ kind: "loaded", values: message.location.entries });
});
port.postMessage({ kind: "up" });
