/**
 * A cluster that some rounds of chaos share: fresh servers, two dispatchers, four nodes of which the last has a link that can be cut.
 * Everything in it ends by `close`.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Connection } from "../../coordination/zookeeper/protocol/connection.ts";
import { silent } from "../runtime/silent-log.ts";
import { Cluster } from "../support/cluster.ts";
import { linkByNamespace, linkByProxies, type NodeLink } from "./node-link.ts";
import { type Disturbance, dataset } from "./plan-round.ts";
import { Seat } from "./seat.ts";
import { openMongoFor, openZooKeeperFor, type ZooKeeper } from "./servers.ts";

export const nodeCount = 4;
export const dispatcherCount = 2;

export interface ChaosClusterOptions {
  readonly zookeeper: "ensemble" | "lone";
  /** The folder of the servers' files and of all logs. */
  readonly directory: string;
  /** The address that servers listen on. */
  readonly host: string;
  readonly link: "namespace" | "proxies";
  /** The path of the dataset's Parquet file. */
  readonly data: string;
}

export class ChaosCluster {
  readonly zookeeper: ZooKeeper;
  readonly connection: Connection;
  readonly dispatchers: readonly Seat[];
  readonly nodes: readonly Seat[];
  /** Processes that ended although nobody had killed them. */
  readonly crashes: string[] = [];
  readonly #link: NodeLink;
  readonly #stop: () => Promise<void>;

  static async open(options: ChaosClusterOptions): Promise<ChaosCluster> {
    const { directory, host } = options;
    await mkdir(join(directory, "logs"), { recursive: true });
    const zookeeper = await openZooKeeperFor(options.zookeeper, { directory: join(directory, "zookeeper"), host });
    const mongo = await openMongoFor({ directory: join(directory, "mongo"), host });
    const mongodb = `${mongo.uri}chaos`;
    const targets = { zookeeper: zookeeper.hosts, mongodb };
    const link = options.link === "namespace" ? await linkByNamespace() : await linkByProxies(targets);
    const connection = await Connection.open({ hosts: zookeeper.hosts, sessionTimeout: 10_000, startTimeout: 30_000, log: silent });
    const stop = async () => {
      await connection.close();
      await link.stop();
      await Promise.all([zookeeper.stop(), mongo.stop()]);
    };
    const limits = ["--partition-events", "1", "--threads", "1", "--memory", "64MiB", "--log-level", "info"];
    const cluster = new Cluster({ ...targets, args: [...limits, "--data", `${dataset}=${options.data}`] });
    const opened = new ChaosCluster({ zookeeper, connection, link, stop, cluster, logs: join(directory, "logs") });
    await Promise.all([...opened.dispatchers, ...opened.nodes].map((seat) => seat.fill()));
    return opened;
  }

  private constructor(parts: {
    readonly zookeeper: ZooKeeper;
    readonly connection: Connection;
    readonly link: NodeLink;
    readonly stop: () => Promise<void>;
    readonly cluster: Cluster;
    readonly logs: string;
  }) {
    const { zookeeper, connection, link, cluster, logs } = parts;
    this.zookeeper = zookeeper;
    this.connection = connection;
    this.#link = link;
    this.#stop = parts.stop;
    const open = (role: "dispatch" | "compute", index: number, isLinked: boolean) => {
      const name = `${role}-${index + 1}`;
      const onCrash = (what: string) => void this.crashes.push(what);
      return new Seat({ name, role, cluster, start: isLinked ? link.start : {}, logFile: join(logs, `${name}.log`), onCrash });
    };
    this.dispatchers = Array.from({ length: dispatcherCount }, (_, index) => open("dispatch", index, false));
    this.nodes = Array.from({ length: nodeCount }, (_, index) => open("compute", index, index === nodeCount - 1));
  }

  /** Addresses of the dispatchers that can answer now. */
  readonly urls = (): readonly string[] => this.dispatchers.flatMap(({ url }) => url ?? []);

  /** Causes a disturbance, and resolves when everything that it affected works again. */
  async disturb(disturbance: Disturbance): Promise<void> {
    switch (disturbance.kind) {
      case "kill node":
        return this.nodes[disturbance.which]!.kill(disturbance.for);
      case "kill dispatcher":
        return this.dispatchers[disturbance.which]!.kill(disturbance.for);
      case "freeze node":
        return this.nodes[disturbance.which]!.freeze(disturbance.for);
      case "freeze dispatcher":
        return this.dispatchers[disturbance.which]!.freeze(disturbance.for);
      case "kill ZooKeeper":
        return this.zookeeper.kill(disturbance.which, disturbance.for);
      case "cut network":
        await this.#link.cut();
        await delay(disturbance.for);
        return this.#link.mend();
    }
  }

  /** Ends everything; the logs of processes that still live are kept, too. */
  async close(): Promise<void> {
    await Promise.all([...this.dispatchers, ...this.nodes].map((seat) => seat.end()));
    await this.#stop();
  }
}
