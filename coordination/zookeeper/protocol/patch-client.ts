/**
 * Mends the faults of node-zookeeper-client 1.1.3 on one client. The numbers are those of its issues and pull requests.
 *
 * - #100: the first request has number 0, which a throttling server takes for an unfinished session. Here numbers start at 1, and start again long before they
 *   would exceed 32 bits.
 * - #60, PR#61: a client that is closed while it is disconnected continues to connect. `dispose` ends it, including its timers and its socket.
 * - The client copies a burst of replies once for each of them, and does not notice bytes that are no reply. `Frames` splits them instead.
 * - If a lost connection cut off a reply, its beginning stays in a buffer, and the next connection's replies are read as its rest. Here each connection begins
 *   with an empty buffer.
 * - The client writes each request by itself. Here the requests of one turn are written together.
 * - The client reports no error if a server closes the connection without an answer. Here it is reported.
 * - The next connection sends requests again that were waiting for the socket to drain. Here they are dropped, since `Session` has rejected them already.
 * - An error number that the client does not know (-118 session moved, -125 quota, -127 throttled …), or a reply that it cannot read, throws in the socket's
 *   event and would end the process. Here the socket is destroyed instead, and the client connects again.
 * - The client splits IPv6 addresses at their colons. Here it gets each server's host and port separately.
 */
import { nextTick } from "node:process";
import type { Client, Server } from "node-zookeeper-client";
import { Frames } from "./frames.ts";

const pauseAfterRound = 300;
const mostXid = 2 ** 30;

export interface PatchedClient {
  /** Must be called before each request, so that its number fits 32 bits. */
  limitXid(): void;
  /** Drops the connection; the client then makes another. */
  reconnect(): void;
  /** Ends the client's timers and its socket for good. The session at the server is not ended. */
  dispose(): void;
}

export interface PatchOptions {
  readonly servers: readonly Server[];
  readonly timeout: number;
  readonly onFault: (error: unknown) => void;
  /** Called with the reason why a server could not be reached, which the client itself does not report (#30). */
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
        // A frame that is out of order ends the connection; then all frames behind it are dropped.
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
      // This process ends the connection, so `onSocketClosed` must not blame the server.
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
