/** The servers below the cluster, in the form that a round asks for: a lone ZooKeeper or an ensemble, which lose a member in the same way. */
import { setTimeout as delay } from "node:timers/promises";
import { findJavaServers } from "../servers/java-servers.ts";
import { findMongoProgram, type OwnMongoServer } from "../servers/mongo-server.ts";
import { openEnsemble } from "../servers/zookeeper-ensemble.ts";
import { startZooKeeper } from "../servers/zookeeper-server.ts";

export interface ZooKeeper {
  /** For people. */
  readonly name: string;
  readonly hosts: string;
  /** Kills one of three, or the lone one, and starts it again after `pause` milliseconds. */
  kill(member: number, pause: number): Promise<void>;
  /** What its transaction logs hold, for `readTransactions`. */
  readLogs(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Milliseconds; sessions end after at most 20 of them. */
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

/** Has what the servers need brought here, where that may need a network. Rejects with what is missing. */
export async function prepareServers(): Promise<void> {
  required(await findJavaServers());
  required(await findMongoProgram());
}

async function openLone(directory: string, host: string): Promise<ZooKeeper> {
  const server = required(await startZooKeeper({ directory, host, tick }));
  const inTurn = takeTurns();
  return {
    name: server.name,
    hosts: server.hosts,
    kill: (_, pause) =>
      inTurn(async () => {
        server.signal("SIGKILL");
        await delay(pause);
        await server.restart();
      }),
    readLogs: () => printLogs([directory]),
    stop: () => server.stop(),
  };
}

async function openThree(directory: string, host: string): Promise<ZooKeeper> {
  const ensemble = required(await openEnsemble({ directory, host, tick }));
  const inTurn = takeTurns();
  return {
    name: ensemble.name,
    hosts: ensemble.hosts,
    kill: (member, pause) =>
      inTurn(async () => {
        const chosen = ensemble.members[member]!;
        chosen.signal("SIGKILL");
        await delay(pause);
        await chosen.restart();
      }),
    readLogs: () => printLogs(ensemble.members.map((member) => member.directory)),
    stop: () => ensemble.stop(),
  };
}

async function printLogs(directories: readonly string[]): Promise<readonly string[]> {
  const java = required(await findJavaServers());
  return Promise.all(directories.map((directory) => java.print("PrintTransactions", [directory])));
}

/** Two of three that are away at once would be no ensemble any more. */
function takeTurns(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}

function required<Server extends object>(found: Server | { readonly missing: string }): Server {
  if ("missing" in found) throw new Error(`There is ${found.missing}`);
  return found;
}
