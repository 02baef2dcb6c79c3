/**
 * A lasting connection to ZooKeeper, which is one session after another.
 *
 * `open` resolves with a connected session, or rejects by the start deadline and says why. After a session is lost, a new one is opened, with a pause before
 * it, until `close`. `onSession` is called with each session once it is connected, and with a signal that aborts when it is lost. `run` repeats an action whose
 * outcome is in doubt, on the next session if necessary, so the action must do no harm when it is repeated.
 */

import { setMaxListeners } from "node:events";
import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import { CoordinatorUnavailableError } from "../../coordinator.ts";
import { parseConnectionString } from "./connection-string.ts";
import { Session, type SessionState } from "./session.ts";
import { isInDoubt } from "./zookeeper-error.ts";

export interface ConnectionOptions {
  /** `HOST:PORT,HOST:PORT/chroot`. */
  readonly hosts: string;
  /** `NAME:PASSWORD`. */
  readonly auth?: string;
  /** In milliseconds. */
  readonly sessionTimeout: number;
  readonly startTimeout: number;
  readonly log: Log;
}

/** ZooKeeper cannot be reached now. The same call may succeed later. */
export class ZooKeeperUnreachableError extends CoordinatorUnavailableError {
  override readonly name = "ZooKeeperUnreachableError";
}

const firstPause = 20;
const longestPause = 1_000;

export class Connection {
  readonly chroot: string;
  readonly #options: ConnectionOptions;
  readonly #servers: ReturnType<typeof parseConnectionString>["servers"];
  readonly #changes = new Set<() => void>();
  #session: Session;
  #lost = new AbortController();
  readonly #closing = new AbortController();
  #onSession: ((session: Session, lost: AbortSignal) => void) | undefined;
  #lastError: Error | undefined;

  private constructor(options: ConnectionOptions) {
    const { servers, chroot } = parseConnectionString(options.hosts);
    this.#options = options;
    this.#servers = servers;
    this.chroot = chroot;
    this.#session = this.#openSession();
  }

  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    try {
      await connection.connected(options.startTimeout);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** The latest session, in whatever state. */
  get session(): Session {
    return this.#session;
  }

  /** Aborts when the latest session is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The callback is called for the present session, and for each one that follows. */
  follow(onSession: (session: Session, lost: AbortSignal) => void): void {
    this.#onSession = onSession;
    if (this.#session.state === "connected") onSession(this.#session, this.#lost.signal);
  }

  /** The listener is called at each change of the state, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#changes.add(listener);
    return () => void this.#changes.delete(listener);
  }

  async connected(timeout = this.#options.sessionTimeout): Promise<Session> {
    if (this.#session.state === "connected") return this.#session;
    const { signal } = this.#closing;
    if (signal.aborted) throw signal.reason;
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        stop();
      };
      const stop = this.onChange(() => {
        if (this.#session.state === "connected") {
          end();
          resolve(this.#session);
        } else if (signal.aborted) {
          end();
          reject(signal.reason);
        }
      });
      const timer = setTimeout(() => {
        end();
        reject(this.#unreachable(timeout));
      }, timeout);
    });
  }

  async run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const until = performance.now() + 2 * this.#options.sessionTimeout;
    for (;;) {
      const session = await this.connected(Math.max(1, until - performance.now()));
      try {
        return await work(session);
      } catch (error) {
        if (!isInDoubt(error)) throw error;
        this.#closing.signal.throwIfAborted();
        if (performance.now() > until) throw new ZooKeeperUnreachableError(`${error.message}; ask again later`, { cause: error });
      }
      await pause(firstPause, this.#closing.signal);
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error("The coordinator is closed"));
    await this.#session.close();
    this.#notify();
  }

  /** Ends the connection as a crash of the process would: the session lives on at the server until its timeout. */
  abandon(): void {
    this.#closing.abort(new Error("The coordinator is closed"));
    this.#session.abandon();
    this.#notify();
  }

  #openSession(): Session {
    this.#lost = new AbortController();
    // Everything that uses a session listens to this signal, so many listeners are no leak and Node must not warn of them.
    setMaxListeners(0, this.#lost.signal);
    const { sessionTimeout: timeout, auth, log } = this.#options;
    const session = new Session({
      servers: this.#servers,
      timeout,
      ...(auth !== undefined && { auth }),
      onState: (state) => this.#changed(session, state),
      onFault: (error) => {
        const fault = error instanceof Error ? error : new Error(String(error));
        // The same fault may come again at each attempt to connect. It is logged once.
        if (this.#lastError?.message !== fault.message)
          log.warn({ err: fault }, "an answer of ZooKeeper could not be read; connecting again");
        this.#lastError = fault;
      },
      onSocketError: (error) => {
        this.#lastError = error;
      },
    });
    return session;
  }

  #changed(session: Session, state: SessionState): void {
    if (session !== this.#session) return;
    if (state === "connected") this.#lastError = undefined;
    const isFirst = state === "connected" && !this.#lost.signal.aborted && this.#lastConnected !== session;
    if (isFirst) {
      this.#lastConnected = session;
      this.#onSession?.(session, this.#lost.signal);
    }
    if (state === "lost") {
      this.#lost.abort(new Error("the session with ZooKeeper was lost"));
      void this.#replace();
    }
    if (!this.#closing.signal.aborted && !isFirst) this.#options.log.info({ state }, "the connection with ZooKeeper changed");
    this.#notify();
  }
  #lastConnected: Session | undefined;

  async #replace(): Promise<void> {
    const { signal } = this.#closing;
    await pause(firstPause + Math.random() * longestPause * 0.1, signal);
    if (signal.aborted) return;
    this.#session = this.#openSession();
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#changes]) listener();
  }

  #unreachable(timeout: number): ZooKeeperUnreachableError {
    const reason = this.#lastError?.message ?? (this.#session.isWaiting ? "it takes connections, but does not answer" : "");
    const why = reason && ` (${reason})`;
    const cause = this.#lastError && { cause: this.#lastError };
    return new ZooKeeperUnreachableError(
      `Cannot reach ZooKeeper at ${this.#options.hosts}: no session within ${Math.round(timeout)} ms${why}; check the address and that it runs`,
      cause,
    );
  }
}
