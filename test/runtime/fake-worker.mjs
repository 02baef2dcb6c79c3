// A worker thread for tests of the pool: it says what it was asked, and ends at a load of the column "crash".
import process from "node:process";
import { parentPort } from "node:worker_threads";

parentPort.on("message", (message) => {
  if (message.kind !== "load") return;
  if (message.location.column.name === "crash") process.exit(3);
  parentPort.postMessage({ kind: "loaded", values: message.location.entries });
});
parentPort.postMessage({ kind: "up" });
