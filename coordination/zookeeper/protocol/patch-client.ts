/**
 * Mends, on one client of node-zookeeper-client 1.1.3, what its source gets wrong. Numbers are its issues and pull requests.
 *
 * - #100: the first request number is 0, which a throttling server takes for an unfinished session: it starts at 1, and starts over long before it
 *   would no longer fit 32 bits.
 * - #60, PR#61: a client that is closed while disconnected goes on connecting: `dispose` ends it, with its timers and its socket.
 * - Replies are taken apart by `Frames`, so that a burst of them is not copied once for each, and what is no reply is noticed.
 * - A reply that was cut off by a lost connection stays in a buffer, and the next connection's replies are read as its rest: the buffer is dropped.
 * - Each request is a write of its own: those of one turn are written together.
 * - A server that closes the connection without an answer leaves no error: there is one.
 * - Requests that were waiting for the socket to drain are sent again, unasked, by the next connection: they are dropped (`Session` has rejected them).
 * - An error number that the client does not know (-118 session moved, -125 quota, -127 throttled …), or a reply it cannot read, throws out of
 *   the socket's event and would end the process: the socket is destroyed instead, and the client connects again.
 * - IPv6 addresses are torn apart at their colons: the client is given the servers in parts.
 */
import { nextTick } from "node:process";
import type { Client, Server } from "node-zookeeper-client";
import { Frames } from "./frames.ts";

const pauseAfterRound = 300;
const mostXid = 2 ** 30;

export interface PatchedClient {
  /** Before each request. */
  limitXid(): void;
  /** Drops the connection; the client makes another. */
  reconnect(): void;
  /** Nothing of the client is left afterwards. Does not end the session. */
  dispose(): void;
}

export interface PatchOptions {
  readonly servers: readonly Server[];
  readonly timeout: number;
  readonly onFault: (error: unknown) => void;
  /** Why a server could not be reached; the client itself does not say (#30). */
  readonly onSocketError: (error: Error) => void;
}

export function patchClient(client: Client, { servers, timeout, onFault, onSocketError }: PatchOptions): PatchedClient {
  const manager = client.connectionManager;
  let isDisposed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tried = Math.floor(Math.random() * servers.length);
  const firstTried = tried;

  manager.xid = 1;
  manager.servers = servers;
  manager.updateTimeout(timeout);
  manager.findNextServer = (callback) => {
    const isRoundOver = tried > firstTried && (tried - firstTried) % servers.length === 0;
    const server = servers[tried % servers.length]!;
    tried++;
    timer = setTimeout(() => callback(server), isRoundOver ? Math.random() * pauseAfterRound : 0);
  };
  const connect = manager.connect.bind(manager);
  let frames = new Frames();
  let hasAnswered = false;
  let hasFailed = false;
  manager.connect = () => {
    frames = new Frames();
    hasAnswered = false;
    hasFailed = false;
    manager.packetQueue.queue.length = 0;
    if (!isDisposed) connect();
  };
  const read = manager.onSocketData.bind(manager);
  manager.onSocketData = (data) => {
    try {
      const { socket } = manager;
      for (const frame of frames.take(data)) {
        hasAnswered = true;
        // One that is out of order ends the connection, with all that came behind it.
        if (!socket?.destroyed) read(frame);
      }
    } catch (error) {
      hasFailed = true;
      onFault(error);
      manager.socket?.destroy();
    }
  };

  const endSocket = manager.onSocketError.bind(manager);
  manager.onSocketError = (error) => {
    hasFailed = true;
    onSocketError(error);
    endSocket(error);
  };
  const endConnection = manager.onSocketClosed.bind(manager);
  manager.onSocketClosed = (hadError) => {
    if (!hasAnswered && !hasFailed && !isDisposed) onSocketError(new Error("it takes connections, but ends them without an answer"));
    endConnection(hadError);
  };

  const send = manager.onPacketQueueReadable.bind(manager);
  manager.onPacketQueueReadable = () => {
    const { socket } = manager;
    socket?.cork();
    send();
    if (socket) nextTick(() => socket.uncork());
  };

  return {
    limitXid() {
      if (manager.xid > mostXid) manager.xid = 1;
    },
    reconnect() {
      const { socket } = manager;
      if (!hasAnswered && socket && !socket.connecting) onSocketError(new Error("it takes connections, but does not answer"));
      // It is not the server that ends this connection.
      hasFailed = true;
      socket?.destroy();
    },
    dispose() {
      isDisposed = true;
      clearTimeout(timer);
      clearTimeout(manager.connectTimeoutHandler ?? undefined);
      manager.socket?.destroy();
    },
  };
}
