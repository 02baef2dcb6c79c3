/**
 * One session with ZooKeeper, as promises. Its ephemeral znodes end with it. Once it is lost, none of its requests can be carried out any more.
 *
 *   connecting → connected ⇄ suspended → lost      `close` leads to lost from anywhere
 *
 * Suspended means that the connection is gone, or that the server has been silent for two thirds of the session timeout (the client itself never notices: #13,
 * PR#38, PR#57, PR#102). Lost means that the server says so, or that nothing was heard for the session timeout (the client hears of a long network partition
 * too late: #20).
 *
 * Every call settles: it waits for its answer at most for the session timeout, and while the session is suspended, calls wait for the connection until it is
 * lost. Calls are given to the client only while it is connected, so that a lost session leaves none in its queue, where they would never be answered, and none
 * is sent before authentication. At most `mostInFlight` requests are under way (#110). Answers come in the order of the calls. Nothing is repeated here: only
 * the caller knows what that would do (the client's `retries` would create sequential znodes twice).
 */
import type { Acl, Client, Server, Stat, Watcher } from "node-zookeeper-client";
import zookeeper from "node-zookeeper-client";
import { encodeTransaction, transactionType } from "./encode-transaction.ts";
import type { Operation } from "./operations.ts";
import { type PatchedClient, patchClient } from "./patch-client.ts";
import { describeException, ZooKeeperError, type ZooKeeperErrorCode } from "./zookeeper-error.ts";

export type SessionState = "connecting" | "connected" | "suspended" | "lost";

/** `order` increases with each answer of a session: of two answers, the one with the greater order is the newer. */
export interface Answer {
  readonly stat: Stat;
  readonly order: number;
}

export interface Content extends Answer {
  readonly data: Buffer;
}

export interface Listing extends Answer {
  readonly children: readonly string[];
}

export interface Committed {
  /** The paths of the created znodes, each at the index of its operation. */
  readonly paths: readonly (string | undefined)[];
  readonly order: number;
}

export interface SessionOptions {
  readonly servers: readonly Server[];
  /** In milliseconds; the server may choose another. */
  readonly timeout: number;
  /** `NAME:PASSWORD`: the znodes that this session creates belong to it. */
  readonly auth?: string;
  /** Called at each change of the state. It must not throw. */
  readonly onState: (state: SessionState) => void;
  readonly onFault: (error: unknown) => void;
  readonly onSocketError: (error: Error) => void;
}

const mostInFlight = 256;
const longestClose = 1_000;
const nothing = Buffer.alloc(0);

/** How many times one refused operation is repaired and tried again. */
const mostRepairs = 4;

export class Session {
  /** Called with a refused operation and the reason; resolves with true if it may be tried again. */
  repair: ((session: Session, refused: Operation, code: ZooKeeperErrorCode) => Promise<boolean>) | undefined;
  #state: SessionState = "connecting";
  readonly #options: SessionOptions;
  readonly #client: Client;
  readonly #patched: PatchedClient;
  readonly #watchdog: ReturnType<typeof setInterval>;
  readonly #calls = new Set<(error: ZooKeeperError) => void>();
  /** The calls that wait for the connection, or until fewer requests are in flight, from `#nextWaiting` on. */
  #waiting: (() => void)[] = [];
  #nextWaiting = 0;
  #inFlight = 0;
  #answers = 0;
  #heard = { bytes: -1, at: performance.now() };

  constructor(options: SessionOptions) {
    const { servers, timeout, auth, onFault, onSocketError } = options;
    this.#options = options;
    // `patchClient` sets the servers. This text only has to be one that the client accepts.
    this.#client = zookeeper.createClient("patched:2181", { sessionTimeout: timeout, retries: 0 });
    this.#patched = patchClient(this.#client, { servers, timeout, onFault, onSocketError });
    if (auth !== undefined) this.#client.addAuthInfo("digest", Buffer.from(auth));
    this.#client.on("connected", () => this.#setState("connected"));
    this.#client.on("disconnected", () => this.#setState("suspended"));
    for (const end of ["expired", "authenticationFailed"]) this.#client.on(end, () => this.#lose());
    this.#watchdog = setInterval(() => this.#watch(), Math.max(20, timeout / 12));
    this.#client.connect();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Whether a server accepted the connection but has not said anything yet. */
  get isWaiting(): boolean {
    const { socket } = this.#client.connectionManager;
    return this.#state === "connecting" && socket !== undefined && !socket.connecting && !socket.destroyed;
  }

  get timeout(): number {
    return this.#client.connectionManager.sessionTimeout;
  }

  /** Whether the znodes that this session creates belong to a name and password. */
  get hasOwner(): boolean {
    return this.#options.auth !== undefined;
  }

  get id(): string {
    return this.#client.getSessionId().toString("hex");
  }

  /** When the server was last heard, or a little earlier; on the clock of `performance.now()`. */
  get lastHeard(): number {
    return this.#heard.at;
  }

  /** The order of the latest answer. */
  get latest(): number {
    return this.#answers;
  }

  /** Reads a znode; undefined if it does not exist. The watcher is called once, at its next change. */
  get(path: string, watcher?: Watcher): Promise<Content | undefined> {
    return this.#call("read", path, (settle, fail) =>
      this.#client.getData(path, watcher, (error, data, stat) =>
        error ? fail(error) : settle({ data: data ?? nothing, stat, order: ++this.#answers }),
      ),
    );
  }

  exists(path: string): Promise<Answer | undefined> {
    return this.#call("look for", path, (settle, fail) =>
      this.#client.exists(path, undefined, (error, stat) =>
        error ? fail(error) : settle(stat ? { stat, order: ++this.#answers } : undefined),
      ),
    );
  }

  /** Whether everybody may change the znode. */
  async isOpenToAll(path: string): Promise<boolean> {
    const acl = await this.#call<readonly Acl[]>("read who may use", path, (settle, fail) =>
      this.#client.getACL(path, (error, found) => (error ? fail(error) : settle(found))),
    );
    return acl?.some(({ id }) => id.scheme === "world") ?? false;
  }

  list(path: string, watcher?: Watcher): Promise<Listing | undefined> {
    return this.#call("list", path, (settle, fail) =>
      this.#client.getChildren(path, watcher, (error, children, stat) =>
        error ? fail(error) : settle({ children, stat, order: ++this.#answers }),
      ),
    );
  }

  /** Carries out a transaction. Rejects with the first refusal and its index, unless `repair` removes the reason for it. */
  async commit(operations: readonly Operation[]): Promise<Committed> {
    const repairs = new Map<Operation, number>();
    for (;;) {
      try {
        return await this.#commitOnce(operations);
      } catch (error) {
        const refused = error instanceof ZooKeeperError ? operations[error.index] : undefined;
        const before = refused === undefined ? mostRepairs : (repairs.get(refused) ?? 0);
        if (refused === undefined || before === mostRepairs) throw error;
        if (!(await this.repair?.(this, refused, (error as ZooKeeperError).code))) throw error;
        repairs.set(refused, before + 1);
      }
    }
  }

  async #commitOnce(operations: readonly Operation[]): Promise<Committed> {
    const header = { type: transactionType, xid: 0 };
    // The client sets the request's number only when it sends it.
    const request = { header, toBuffer: () => encodeTransaction(operations, { xid: header.xid, isOwned: this.hasOwner }) };
    const committed = await this.#call<Committed>("change", operations[0]?.path ?? "nothing", (settle, fail) =>
      this.#client.connectionManager.queue(request, (error, response) => {
        const results = response?.payload?.results ?? [];
        const refused = results.findIndex(({ type, err }) => type === -1 && err !== undefined && err !== 0);
        if (error) fail(error);
        else if (refused >= 0) fail({ code: results[refused]!.err! }, refused, operations);
        else settle({ paths: results.map(({ path }) => path), order: ++this.#answers });
      }),
    );
    return committed!;
  }

  /** Ends the session, also at the server if that can be reached. Never rejects. */
  async close(): Promise<void> {
    if (this.#state === "connected") {
      const closed = new Promise<void>((resolve) => this.#client.once("disconnected", resolve));
      this.#client.close();
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([closed, new Promise<void>((resolve) => (timer = setTimeout(resolve, longestClose)))]);
      clearTimeout(timer);
    }
    this.#lose();
  }

  /** Ends the session as a crash would: it lives on at the server until its timeout. */
  abandon(): void {
    this.#lose();
  }

  /** Calls the client once it is connected; resolves with undefined if the znode does not exist. */
  #call<T>(
    action: string,
    path: string,
    send: (
      settle: (value: T | undefined) => void,
      fail: (error: { readonly code: number }, index?: number, operations?: readonly Operation[]) => void,
    ) => void,
  ): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      let deadline: ReturnType<typeof setTimeout> | undefined;
      const end = () => {
        if (!this.#calls.delete(abort)) return false;
        if (deadline !== undefined) {
          clearTimeout(deadline);
          this.#inFlight--;
          this.#sendWaiting();
        }
        return true;
      };
      const abort = (error: ZooKeeperError) => {
        if (end()) reject(error);
      };
      this.#calls.add(abort);
      const start = () => {
        if (!this.#calls.has(abort)) return;
        this.#inFlight++;
        deadline = setTimeout(() => abort(unanswered(action, path, this.timeout)), this.timeout);
        this.#patched.limitXid();
        send(
          (value) => end() && resolve(value),
          (error, index, operations) => {
            if (!end()) return;
            if (operations === undefined && error.code === zookeeper.Exception.NO_NODE) resolve(undefined);
            else reject(describeException(action, (index !== undefined && operations?.[index]?.path) || path, error, index));
          },
        );
      };
      if (this.#state === "lost") abort(lost());
      else if (this.#state === "connected" && this.#inFlight < mostInFlight && this.#nextWaiting === this.#waiting.length) start();
      else this.#waiting.push(start);
    });
  }

  #sendWaiting(): void {
    while (this.#nextWaiting < this.#waiting.length && this.#state === "connected" && this.#inFlight < mostInFlight) {
      this.#waiting[this.#nextWaiting++]!();
    }
    if (this.#nextWaiting * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#nextWaiting);
    this.#nextWaiting = 0;
  }

  #setState(state: SessionState): void {
    if (this.#state === "lost" || this.#state === state) return;
    if (state === "suspended" && this.#state === "connecting") return;
    this.#state = state;
    if (state === "connected") this.#heard = { bytes: -1, at: performance.now() };
    this.#options.onState(state);
    if (state === "connected") this.#sendWaiting();
  }

  #lose(): void {
    if (this.#state === "lost") return;
    clearInterval(this.#watchdog);
    this.#setState("lost");
    this.#patched.dispose();
    this.#waiting = [];
    this.#nextWaiting = 0;
    for (const abort of [...this.#calls]) abort(lost());
  }

  /** Suspends or ends a silent session. The client pings a quiet server, so a live one is heard at least every third of the timeout. */
  #watch(): void {
    const bytes = this.#client.connectionManager.socket?.bytesRead ?? -1;
    const now = performance.now();
    if (bytes !== this.#heard.bytes && bytes > 0) this.#heard = { bytes, at: now };
    const silent = now - this.#heard.at;
    if (this.#state === "suspended" && silent > this.timeout) this.#lose();
    else if (silent > (this.timeout * 2) / 3 && this.#state !== "suspended") {
      if (this.#state === "connecting") this.#heard = { bytes: -1, at: now };
      this.#patched.reconnect();
    }
  }
}

function unanswered(action: string, path: string, timeout: number): ZooKeeperError {
  return new ZooKeeperError("connection-loss", `Cannot ${action} ${path}: ZooKeeper did not answer within ${timeout} ms`);
}

function lost(): ZooKeeperError {
  return new ZooKeeperError("session-lost", "The session with ZooKeeper is over");
}
