// A worker thread that answers runs at once. It has "crash" until another job is posted ahead, begins that one, and crashes.
import process from "node:process";
import { parentPort } from "node:worker_threads";

if (!parentPort) throw new Error("This file is a worker thread");
const port = parentPort;

/** @type {Int32Array | undefined} */
let tickets;
port.on("message", (message) => {
  if (message.kind === "slabs") tickets = message.tickets;
  if (message.kind === "ahead" && tickets) {
    const { place, ticket } = message;
    if (Atomics.compareExchange(tickets, place, ticket, 0) === ticket) process.exit(3);
  }
  if (message.kind !== "run" || message.programs[0].programKey === "crash") return;
  const outcomes = message.programs.map(() => ({ kind: "partial", partial: new Uint8Array(1), milliseconds: 0 }));
  port.postMessage({ kind: "ran", outcomes });
});
port.postMessage({ kind: "up" });
