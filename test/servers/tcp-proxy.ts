/** A proxy before a server that a test can cut, silence and mend. */
import { connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  /** Its address as `HOST:PORT`. */
  readonly address: string;
  /** The number of open connections. */
  readonly connections: number;
  /** The number of bytes that went from the server to clients so far. */
  readonly carried: number;
  /** Breaks all connections and refuses new ones. */
  cut(): void;
  /** Breaks all connections in the middle of their data, as the end of a server's process does, and accepts new ones. */
  reset(): void;
  /** Keeps connections and takes new ones, but carries nothing. */
  silence(): void;
  /** Keeps connections, and carries what clients send, but nothing that the server says. */
  mute(): void;
  /** Carries everything again. */
  mend(): void;
  stop(): Promise<void>;
}

export interface TcpProxyOptions {
  /** The server's host; this machine by default. */
  readonly host?: string;
  /** Called for each connection; the function that it returns gets the bytes that the client sends. */
  readonly observe?: () => (sent: Buffer) => void;
}

export async function startTcpProxy(port: number, { host = "127.0.0.1", observe }: TcpProxyOptions = {}): Promise<TcpProxy> {
  let mode: "open" | "cut" | "silent" | "mute" = "open";
  const pairs = new Map<Socket, Socket>();
  let carried = 0;
  const server = createServer((client) => {
    if (mode === "cut") {
      client.destroy();
      return;
    }
    const target = connect(port, host);
    const hear = observe?.();
    pairs.set(client, target);
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.on("data", (data) => {
        if (mode === "silent" || (mode === "mute" && from === target)) return;
        if (from === target) carried += data.length;
        else hear?.(data);
        to.write(data);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(client);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as { readonly port: number }).port}`;
  const breakAll = () => {
    for (const [client, target] of pairs) {
      client.destroy();
      target.destroy();
    }
  };
  return {
    address,
    get connections() {
      return pairs.size;
    },
    get carried() {
      return carried;
    },
    cut() {
      mode = "cut";
      breakAll();
    },
    reset() {
      for (const [client, target] of pairs) {
        client.resetAndDestroy();
        target.destroy();
      }
    },
    silence() {
      mode = "silent";
    },
    mute() {
      mode = "mute";
    },
    mend() {
      mode = "open";
    },
    async stop() {
      mode = "cut";
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
