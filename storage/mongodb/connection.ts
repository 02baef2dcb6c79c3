/**
 * The connection to a MongoDB server, which may be absent, slow, lost and found again, or refuse writes.
 *
 *   connecting --prepared--> ready            calls wait for this, as long as `patience`
 *              --refused---> refused          too old, wrong password: every call says so
 *   ready ⇄ lost                              calls are tried again, as long as `patience` since it was lost
 *   ready ⇄ write refused                     a small write is tried now and then, so that the end of it is seen
 *
 * Guarantees: every call ends, at the latest after `patience` and two time limits of the driver; errors are `StoreError`, without secrets.
 * A call is tried again if its answer was lost, so carrying it out twice must do no harm.
 */
import { setMaxListeners } from "node:events";
import { type Collection, type Document, MongoClient } from "mongodb";
import { followSignals } from "../../base/follow-signals.ts";
import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import { pauseAfter, retry } from "../../base/retry.ts";
import { StoreError } from "../store-error.ts";
import { WriteHealth } from "../write-health.ts";
import { WrongDocuments } from "./check-document.ts";
import { databaseOf, describeHosts, hideSecrets } from "./describe-uri.ts";
import { explain, isFinal, isPassing } from "./explain-error.ts";

export interface ConnectionOptions {
  readonly uri: string;
  /** The database; if absent, the one that `uri` names, else `femtoq`. */
  readonly database?: string;
  readonly log: Log;
  /** The milliseconds that the server has for an answer. */
  readonly timeout?: number;
  /** The milliseconds that a call waits for an absent server. */
  readonly patience?: number;
}

export type Keyed = Document & { readonly _id: string };

/** The least milliseconds for which a call is tried again. */
const leastPatience = 500;
/** In milliseconds: the pauses between attempts. */
const firstPause = 100;
const longestPause = 2_000;

export class Connection {
  readonly hosts: string;
  readonly log: Log;
  readonly wrong: WrongDocuments;
  readonly #client: MongoClient;
  readonly #database: string;
  readonly #patience: number;
  readonly #closing = new AbortController();
  readonly #writes: WriteHealth;
  #prepared: Promise<void> = Promise.resolve();
  /** Resolves when the latest attempt to connect has ended, in success or not. */
  #attempted: Promise<void> = Promise.resolve();
  #isPrepared = false;
  #lost: { readonly since: number; readonly reason: string } | undefined;

  /** Throws `StoreError` for a connection string that cannot be used. */
  constructor({ uri, database, log, timeout = 5_000, patience = 10_000 }: ConnectionOptions) {
    this.hosts = describeHosts(uri);
    this.log = log;
    this.wrong = new WrongDocuments(log);
    // Each waiting call adds a listener.
    setMaxListeners(0, this.#closing.signal);
    this.#patience = patience;
    const probe = () => this.collection("probes").updateOne({ _id: "probe" }, { $set: { at: new Date() } }, { upsert: true });
    this.#writes = new WriteHealth({ probe: async () => void (await this.write("write to the store", probe)), log });
    try {
      this.#database = database ?? databaseOf(uri) ?? "femtoq";
      this.#client = new MongoClient(uri, {
        appName: "femtoq",
        serverSelectionTimeoutMS: Math.min(timeout, 3_000),
        connectTimeoutMS: timeout,
        socketTimeoutMS: timeout,
        waitQueueTimeoutMS: timeout,
        heartbeatFrequencyMS: 2_000,
        maxPoolSize: 32,
        writeConcern: { w: "majority", journal: true, wtimeoutMS: timeout },
        ignoreUndefined: true,
      });
    } catch (error) {
      const reason = hideSecrets(error instanceof Error ? error.message : String(error), uri);
      throw new StoreError("unsupported", `Cannot use the connection string of MongoDB: ${reason}`);
    }
    this.#client.on("topologyDescriptionChanged", ({ newDescription }) => {
      const servers = [...newDescription.servers.values()];
      if (servers.some(({ type }) => type !== "Unknown")) this.#found();
      else this.#miss(servers.find(({ error }) => error)?.error?.message ?? "no answer yet");
    });
  }

  /** Connects and prepares the database, in the background until it succeeds. Resolves after the first attempt; rejects if no later one can help. */
  async open(prepare: () => Promise<void>): Promise<void> {
    const first = this.#attempt(prepare);
    this.#prepared = first.catch((error) => (isFinal(error) ? Promise.reject(error) : this.#prepareLater(prepare)));
    this.#prepared.catch(() => undefined);
    await first.catch((error) => {
      const explained = explain(error, { action: "open the store", hosts: this.hosts });
      if (isFinal(error)) throw explained;
      this.log.warn({ reason: explained.message }, "the store cannot be opened yet; trying again");
    });
  }

  collection<T extends Keyed>(name: string): Collection<T> {
    return this.#client.db(this.#database).collection<T>(name);
  }

  async read<T>(action: string, call: () => Promise<T>): Promise<T> {
    return this.#call(action, call);
  }

  /** As `read`, and remembers whether the server takes writes. */
  async write<T>(action: string, call: () => Promise<T>): Promise<T> {
    try {
      const result = await this.#call(action, call);
      this.#writes.taken();
      return result;
    } catch (error) {
      if (error instanceof StoreError && error.code === "unavailable" && !isPassing(error.cause)) this.#writes.refused(error.message);
      throw error;
    }
  }

  /** The reasons why nothing can be stored now; empty if it can. */
  notReady(): readonly string[] {
    if (!this.#isPrepared || this.#lost)
      return [`the store cannot be reached: MongoDB at ${this.hosts}: ${this.#lost?.reason ?? "no answer yet"}`];
    const { refusal } = this.#writes;
    return refusal === undefined ? [] : [`the store takes no writes: ${refusal}`];
  }

  async ping(): Promise<void> {
    await this.read("ping the store", () => this.#client.db(this.#database).command({ ping: 1 }));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#writes.close();
    await this.#client.close();
    // An attempt under way may have opened the client again.
    await this.#attempted;
    await this.#client.close();
  }

  #attempt(prepare: () => Promise<void>): Promise<void> {
    const attempt = async () => {
      await this.#client.connect();
      await prepare();
      this.#isPrepared = true;
      // An earlier attempt may have marked it as lost after it was found.
      this.#lost = undefined;
    };
    const attempting = attempt();
    this.#attempted = attempting.catch(() => undefined);
    return attempting;
  }

  async #prepareLater(prepare: () => Promise<void>): Promise<void> {
    const { signal } = this.#closing;
    const attempt = () =>
      this.#attempt(prepare).catch((error: unknown) => {
        this.#miss(explain(error, { action: "open it", hosts: this.hosts }).message);
        throw error;
      });
    await pause(firstPause, signal);
    await retry(attempt, { signal, backoff: { first: firstPause, longest: longestPause }, mayPass: (error) => !isFinal(error) });
    this.log.info({ hosts: this.hosts }, "the store is open");
  }

  async #call<T>(action: string, call: () => Promise<T>): Promise<T> {
    const now = Date.now();
    // Even if the server was lost long ago, a call is tried again for a moment: it may be the first since the server is back, on an old connection.
    const deadline = Math.max(now + leastPatience, Math.min(now, this.#lost?.since ?? now) + this.#patience);
    const backoff = { first: 20, longest: longestPause };
    let failures = 0;
    const mayPass = (error: unknown) => isPassing(error) && Date.now() + pauseAfter(++failures, backoff) <= deadline;
    try {
      if (!this.#isPrepared) await this.#waitUntilPrepared(deadline);
      return await retry(call, { signal: this.#closing.signal, backoff, mayPass });
    } catch (error) {
      if (this.#closing.signal.aborted) throw new StoreError("unavailable", "Cannot use the store: it was closed", error);
      throw explain(error, { action, hosts: this.hosts });
    }
  }

  async #waitUntilPrepared(deadline: number): Promise<void> {
    const prepared = new AbortController();
    const { signal, release } = followSignals([this.#closing.signal, prepared.signal]);
    const late = pause(Math.max(0, deadline - Date.now()), signal).then(() => {
      if (!prepared.signal.aborted) throw new StoreError("unavailable", this.notReady()[0] ?? "the store is being opened");
    });
    try {
      await Promise.race([this.#prepared, late]);
    } finally {
      prepared.abort();
      release();
      await late.catch(() => undefined);
    }
  }

  #found(): void {
    if (this.#lost && this.#isPrepared) this.log.info({ hosts: this.hosts }, "the store is back");
    this.#lost = undefined;
  }

  #miss(reason: string): void {
    if (this.#closing.signal.aborted) return;
    if (!this.#lost && this.#isPrepared) this.log.warn({ hosts: this.hosts, reason }, "the store does not answer");
    this.#lost = { since: this.#lost?.since ?? Date.now(), reason };
  }
}
