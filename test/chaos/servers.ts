/**
 * Starts the servers below the cluster in the form that a round asks for: MongoDB, and a lone ZooKeeper or an ensemble, of which one server
 * is killed in the same way.
 */
import { setTimeout as delay } from "node:timers/promises";
import { findJavaServers } from "../servers/java-servers.ts";
import { findMongoProgram, type OwnMongoServer } from "../servers/mongo-server.ts";
import { openEnsemble } from "../servers/zookeeper-ensemble.ts";
import { type OwnZooKeeperServer, startZooKeeper } from "../servers/zookeeper-server.ts";

export interface ZooKeeper {
  /** A description for people. */
  readonly name: string;
  readonly hosts: string;
  /** Kills one of three, or the lone one, and starts it again after `pause` milliseconds. */
  kill(which: number, pause: number): Promise<void>;
  /** Prints its transaction logs, for `readTransactions`. */
  readLogs(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Milliseconds. ZooKeeper's sessions last 20 ticks at most. */
const tick = 200;
export const sessionTimeout = 20 * tick;

export async function openZooKeeperFor(
  kind: "ensemble" | "lone",
  { directory, host }: { readonly directory: string; readonly host: string },
) {
  return kind === "ensemble" ? openThree(directory, host) : openLone(directory, host);
}

export async function openMongoFor({ directory, host }: { readonly directory: string; readonly host: string }): Promise<OwnMongoServer> {
  const program = required(await findMongoProgram());
  return program.start({ directory, host });
}

/** Downloads the servers' programs, so it must be called while there is a network. Rejects with what is missing. */
export async function prepareServers(): Promise<void> {
  required(await findJavaServers());
  required(await findMongoProgram());
}

async function openLone(directory: string, host: string): Promise<ZooKeeper> {
  const server = required(await startZooKeeper({ directory, host, tick }));
  return serve(server, [{ ...server, directory }]);
}

async function openThree(directory: string, host: string): Promise<ZooKeeper> {
  const ensemble = required(await openEnsemble({ directory, host, tick }));
  return serve(ensemble, ensemble.members);
}

type Killable = Pick<OwnZooKeeperServer, "signal" | "restart"> & { readonly directory: string };

function serve({ name, hosts, stop }: Pick<ZooKeeper, "name" | "hosts" | "stop">, members: readonly Killable[]): ZooKeeper {
  // They are killed one after another, since with two of three away there would be no ensemble any more.
  const inOrder = oneAfterAnother();
  return {
    name,
    hosts,
    kill: (which, pause) =>
      inOrder(async () => {
        const member = members[which % members.length]!;
        member.signal("SIGKILL");
        await delay(pause);
        await member.restart();
      }),
    readLogs: () => printLogs(members.map((member) => member.directory)),
    stop,
  };
}

async function printLogs(directories: readonly string[]): Promise<readonly string[]> {
  const java = required(await findJavaServers());
  return Promise.all(directories.map((directory) => java.print("PrintTransactions", [directory])));
}

/** Returns a function that runs actions one after another. */
export function oneAfterAnother(): (action: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (action) => {
    const done = last.then(action);
    last = done.catch(() => undefined);
    return done;
  };
}

function required<Server extends object>(found: Server | { readonly missing: string }): Server {
  if ("missing" in found) throw new Error(`There is ${found.missing}`);
  return found;
}
