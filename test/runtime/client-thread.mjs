// Clients on a thread of their own: posts all queries of a message at once and tells how each ended.
import { parentPort } from "node:worker_threads";

if (!parentPort) throw new Error("This file is a worker thread");
const port = parentPort;

/** @param {string} url @param {object} query */
async function post(url, query) {
  const headers = { "content-type": "application/json", "femtoq-client": "test", prefer: "wait=60" };
  const response = await fetch(`${url}/queries`, { method: "POST", headers, body: JSON.stringify(query) });
  return response.json();
}

port.on("message", async ({ url, queries }) => {
  const ended = await Promise.all(queries.map((/** @type {object} */ query) => post(url, query)));
  port.postMessage(ended.map(({ state, events }) => ({ state, events: events?.done })));
});
