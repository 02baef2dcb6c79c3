/** Measures what the servers do for a client that asks nothing more of them. These are the units of all other figures. */
import { connect } from "node:net";
import { Connection } from "../../../coordination/zookeeper/protocol/connection.ts";
import { create, createEphemeral, remove } from "../../../coordination/zookeeper/protocol/operations.ts";
import { openMongoStore } from "../../../storage/mongodb/mongodb-store.ts";
import { silent } from "../../runtime/silent-log.ts";
import { getPartial, putPartial } from "../../storage/one-at-a-time.ts";
import { timed } from "../../support/timing.ts";

const root = "/raw";
const perTransaction = 500;
const timeout = 10_000;
const partialBytes = 2_000;

export class RawServers {
  readonly #connection: Connection;
  readonly #store: Awaited<ReturnType<typeof openMongoStore>>;
  #created = 0;
  #written = 0;

  private constructor(connection: Connection, store: Awaited<ReturnType<typeof openMongoStore>>) {
    this.#connection = connection;
    this.#store = store;
  }

  static async open({ zookeeper, mongodb }: { readonly zookeeper: string; readonly mongodb: string }): Promise<RawServers> {
    const connection = await Connection.open({ hosts: zookeeper, sessionTimeout: timeout, startTimeout: timeout, log: silent });
    await connection.session.commit([root, `${root}/creates`, `${root}/queue`, `${root}/claims`].map((path) => create(path)));
    return new RawServers(connection, await openMongoStore({ uri: mongodb, database: "raw", log: silent }));
  }

  /** The milliseconds of each of several calls, one after the other. */
  async creates(count: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let index = 0; index < count; index++) {
      const path = `${root}/creates/${this.#created++}`;
      times.push(await timed(() => this.#connection.session.commit([create(path)])));
    }
    return times;
  }

  /** The milliseconds of each of several calls, one after the other. */
  async pings(count: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let index = 0; index < count; index++) times.push(await timed(() => this.#store.ping()));
    return times;
  }

  /** The milliseconds that small partials take to be written and to be read, one after the other. */
  async partials(count: number): Promise<{ readonly writes: readonly number[]; readonly reads: readonly number[] }> {
    const writes: number[] = [];
    const reads: number[] = [];
    for (let index = 0; index < count; index++) {
      const key = `${"0".repeat(64)}:${(this.#written++).toString(16).padStart(64, "0")}`;
      writes.push(await timed(() => putPartial(this.#store, key, new Uint8Array(partialBytes))));
      reads.push(await timed(() => getPartial(this.#store, key)));
    }
    return { writes, reads };
  }

  /** How many transactions a second remove one znode and create an ephemeral one, when many are under way. */
  async claims(count: number): Promise<number> {
    const { session } = this.#connection;
    const names = Array.from({ length: count }, () => this.#created++);
    await this.#inTransactions(names, (name) => create(`${root}/queue/${name}`));
    const claim = (name: number) =>
      session.commit([remove(`${root}/queue/${name}`), createEphemeral(`${root}/claims/${name}`, Buffer.alloc(0))]);
    const took = await timed(() => Promise.all(names.map(claim)));
    await this.#inTransactions(names, (name) => remove(`${root}/claims/${name}`));
    return (1000 * count) / took;
  }

  /** Creates a separate root for a cluster; returns the connection string that includes it. */
  async makeChroot(hosts: string, name: string): Promise<string> {
    await this.#connection.session.commit([create(`/${name}`)]);
    return `${hosts}/${name}`;
  }

  async close(): Promise<void> {
    await Promise.all([this.#connection.close(), this.#store.close()]);
  }

  async #inTransactions(names: readonly number[], operation: (name: number) => ReturnType<typeof create>): Promise<void> {
    for (let start = 0; start < names.length; start += perTransaction) {
      await this.#connection.session.commit(names.slice(start, start + perTransaction).map(operation));
    }
  }
}

/** Reads how many changes and requests the ZooKeeper server has had. */
export async function readCounts(port: number): Promise<{ readonly changes: number; readonly requests: number }> {
  const socket = connect(port, "127.0.0.1");
  socket.end("srvr");
  let said = "";
  for await (const chunk of socket.setEncoding("utf8")) said += chunk;
  const changes = /^Zxid: (0x[0-9a-f]+)$/m.exec(said)?.[1];
  const requests = /^Received: (\d+)$/m.exec(said)?.[1];
  if (changes === undefined || requests === undefined) throw new Error(`Cannot read what ZooKeeper says of itself: ${said}`);
  return { changes: Number(changes), requests: Number(requests) };
}
