import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Address, Handler, Listening } from "./listening.ts";

/** In milliseconds. Longer than clients and proxies keep connections, so that they close first: when a server closes one, a request may be under way. */
const idleConnection = 120_000;
/** In milliseconds: the time by which the head of a request must have arrived, and the interval of checking this. */
const serverOptions = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 };

/** The milliseconds without progress after which a complete answer and its connection are given up; the answer takes memory until it is read. */
const longestStall = 30_000;

export function listen(handler: Handler, { host, port }: Address, { stall = longestStall } = {}): Promise<Listening> {
  const server = createAdaptorServer({ fetch: handler, hostname: host, serverOptions });
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = idleConnection;
  // Once the answer is sent, Node replaces this by the time limit for idle connections.
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
