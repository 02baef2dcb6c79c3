/** Starts an ensemble of three ZooKeeper servers from Java libraries. Tests may kill any of them, and the other two go on. */
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findJavaServers } from "./java-servers.ts";
import { findFreePorts, type ServerProcess } from "./server-process.ts";

export interface EnsembleMember {
  readonly port: number;
  readonly directory: string;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Starts it again with the same ports and files, after it ended. Resolves when it serves, which needs another member. */
  restart(): Promise<void>;
}

export interface ZooKeeperEnsemble {
  /** A description for people. */
  readonly name: string;
  /** `HOST:PORT,HOST:PORT,HOST:PORT`. */
  readonly hosts: string;
  readonly members: readonly EnsembleMember[];
  /** Finds the member that leads; undefined while none does. */
  findLeader(): Promise<EnsembleMember | undefined>;
  stop(): Promise<void>;
}

export interface EnsembleStart {
  readonly directory: string;
  /** The address to listen on; by default one that only this machine can reach. */
  readonly host?: string;
  /** Milliseconds; sessions end after 2 to 20 of them. */
  readonly tick?: number;
}

const size = 3;
/** Milliseconds. It is long, since members must not part on a busy machine. */
const patience = 5_000;

/** Resolves when all of them serve. */
export async function openEnsemble(options: EnsembleStart): Promise<ZooKeeperEnsemble | { readonly missing: string }> {
  const { directory, host = "127.0.0.1", tick = 500 } = options;
  const java = await findJavaServers();
  if ("missing" in java) return { missing: `no ZooKeeper ensemble: ${java.missing}; install Maven and a Java development kit` };
  const ports = await findFreePorts(3 * size, host);
  const servers = Array.from({ length: size }, (_, index) => {
    const [, peer, election] = ports.slice(3 * index);
    return `server.${index + 1}=${host}:${peer}:${election}`;
  });
  const describe = (home: string, port: number) => [
    `dataDir=${home}`,
    `clientPort=${port}`,
    `clientPortAddress=${host}`,
    `tickTime=${tick}`,
    `initLimit=${Math.ceil((2 * patience) / tick)}`,
    `syncLimit=${Math.ceil(patience / tick)}`,
    "maxClientCnxns=0",
    ...servers,
  ];
  const open = async (index: number): Promise<EnsembleMember & { stop(): Promise<void> }> => {
    const home = join(directory, `${index + 1}`);
    const configuration = join(home, "zoo.cfg");
    const port = ports[3 * index]!;
    await mkdir(home, { recursive: true });
    await writeFile(join(home, "myid"), `${index + 1}`);
    await writeFile(configuration, `${describe(home, port).join("\n")}\n`);
    const start = (): Promise<ServerProcess> => java.start("ServeEnsembleMember", [configuration, port]);
    let running = await start();
    return {
      port,
      directory: home,
      signal: (name) => running.signal(name),
      stop: () => running.stop(),
      async restart() {
        await running.stop();
        running = await start();
      },
    };
  };
  const members = await Promise.all([0, 1, 2].map(open));
  return {
    name: "ZooKeeper 3.9.4, an ensemble of three",
    hosts: members.map(({ port }) => `${host}:${port}`).join(","),
    members,
    async findLeader() {
      const said = await Promise.all(members.map(({ port }) => askServer({ host, port }, "srvr").catch(() => "")));
      return members[said.findIndex((answer) => /^Mode: leader/m.test(answer))];
    },
    stop: async () => void (await Promise.all(members.map((member) => member.stop()))),
  };
}

/** Sends one of ZooKeeper's four-letter commands; returns the answer. Rejects if no server listens. */
async function askServer({ host, port }: { readonly host: string; readonly port: number }, word: string): Promise<string> {
  const socket = connect(port, host);
  socket.setTimeout(patience, () => socket.destroy(new Error(`${host}:${port} did not answer ${word}`)));
  socket.end(word);
  return text(socket);
}
