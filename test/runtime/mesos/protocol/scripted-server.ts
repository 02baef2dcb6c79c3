/** A server that answers Mesos' calls as a test determines, and remembers them. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface Asked {
  /** `SUBSCRIBE`, say. */
  readonly type: string;
  readonly body: { readonly [field: string]: unknown };
  readonly request: IncomingMessage;
  /** The number of the connection that it came on, from 0. */
  readonly connection: number;
}

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly asked: readonly Asked[];
  stop(): Promise<void>;
}

/** @param tls PEM; with it the server speaks HTTPS, to clients that call it `localhost`. */
export async function startScriptedServer(
  answer: (response: ServerResponse, asked: Asked) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const connections = new Map<unknown, number>();
  const listen = (request: IncomingMessage, response: ServerResponse) => {
    const parts: Uint8Array[] = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString());
      if (!connections.has(request.socket)) connections.set(request.socket, connections.size);
      const each = { type: body.type, body, request, connection: connections.get(request.socket)! };
      asked.push(each);
      answer(response, each);
    });
  };
  const server = tls ? createTlsServer(tls, listen) : createServer(listen);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    port,
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const record = (event: object): string => {
  const text = JSON.stringify(event);
  return `${Buffer.byteLength(text)}\n${text}`;
};

const subscribed = (heartbeat: number) =>
  record({ type: "SUBSCRIBED", subscribed: { framework_id: { value: "F-0" }, heartbeat_interval_seconds: heartbeat } });

/** Begins a stream as a master does. */
export function beginStream(response: ServerResponse, streamId = "stream-1", heartbeat = 15): void {
  response.writeHead(200, { "content-type": "application/json", "mesos-stream-id": streamId });
  response.write(subscribed(heartbeat));
}
