import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Address, Handler, Listening } from "./listening.ts";

/** Milliseconds. Longer than clients and proxies keep theirs, so that they close first: what a server closes may have a request under way. */
const idleConnection = 120_000;
/** Milliseconds in which the head of a request must have come, and after which it is looked whether it has. */
const serverOptions = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 };

/** Milliseconds without progress after which an answer that has its end is given up with its connection: it is in memory until it is read. */
const longestStall = 30_000;

export function listen(handler: Handler, { host, port }: Address, { stall = longestStall } = {}): Promise<Listening> {
  const server = createAdaptorServer({ fetch: handler, hostname: host, serverOptions });
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = idleConnection;
  // Once the answer is sent, Node sets the time of a connection that is idle in its place.
  server.prependListener("request", (_: unknown, answer: ServerResponse) =>
    answer.once("prefinish", () => answer.socket?.setTimeout(stall)),
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve({ port: (server.address() as AddressInfo).port, close: (grace) => close(server, grace) });
    });
  });
}

function close(server: ReturnType<typeof createAdaptorServer>, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  });
}
