import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Address, Handler, Listening } from "./listening.ts";

/** Milliseconds. Longer than clients and proxies keep theirs, so that they close first: what a server closes may have a request under way. */
const idleConnection = 120_000;
/** Milliseconds in which the head of a request must have come, and after which it is looked whether it has. */
const serverOptions = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 };

export function listen(handler: Handler, { host, port }: Address): Promise<Listening> {
  const server = createAdaptorServer({ fetch: handler, hostname: host, serverOptions });
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = idleConnection;
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
