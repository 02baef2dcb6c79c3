/**
 * Finds a server that speaks MongoDB's protocol. It takes the first available one of these: the one that MONGODB_URI names; `mongod` on PATH; the one that
 * MONGOMS_SYSTEM_BINARY names, or that the package mongodb-memory-server brings where it is installed; a stand-in from Java libraries.
 */
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { findJavaServers, type JavaServers } from "./java-servers.ts";
import { findFreePort, runToEnd, type ServerProcess, startProcess } from "./server-process.ts";

export interface MongoServer {
  /** Which one it is, for people. */
  readonly name: string;
  readonly uri: string;
  stop(): Promise<void>;
}

/** A server that we started, so that tests may kill it. */
export interface OwnMongoServer extends MongoServer {
  readonly port: number;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Starts it again with the same port and files, after it ended. */
  restart(): Promise<void>;
  /** Makes the server refuse writes as on a full disk, or accept them again. Absent if this server cannot do that. */
  readonly fillDisk?: (full: boolean) => Promise<void>;
}

export interface MongoStart {
  /** The folder of its files, which is created if necessary. */
  readonly directory: string;
  readonly port?: number;
  /** The address to listen on; by default one that only this machine can reach. */
  readonly host?: string;
  /** The protocol version that the stand-in reports. */
  readonly wireVersion?: number;
}

export interface MongoProgram {
  readonly name: string;
  start(options: MongoStart): Promise<OwnMongoServer>;
}

/** Opens a server for tests that do it no harm: the one of `MONGODB_URI` if that is set. */
export async function openMongo(options: MongoStart): Promise<MongoServer | { readonly missing: string }> {
  const uri = process.env.MONGODB_URI;
  if (uri) return { name: "the server of MONGODB_URI", uri, stop: async () => undefined };
  const program = await findMongoProgram();
  return "missing" in program ? program : program.start(options);
}

/** Finds a program that tests may start, stop and kill. */
export async function findMongoProgram(): Promise<MongoProgram | { readonly missing: string }> {
  for (const path of ["mongod", process.env.MONGOMS_SYSTEM_BINARY, await pathFromMemoryServer()]) {
    const version = path && (await runToEnd(path, ["--version"]));
    if (path && version) return mongod(path, /v\d+\.\d+\.\d+/.exec(version)?.[0] ?? "");
  }
  const java = await findJavaServers();
  if ("missing" in java) {
    const advice = "set MONGODB_URI, install mongod or mongodb-memory-server, or Maven and a Java development kit";
    return { missing: `no MongoDB server: MONGODB_URI is not set, mongod is not on PATH, and ${java.missing}; ${advice}` };
  }
  return standIn(java);
}

function mongod(path: string, version: string): MongoProgram {
  const name = `mongod ${version}`.trim();
  return {
    name,
    async start({ directory, port, host = "127.0.0.1" }) {
      await mkdir(directory, { recursive: true });
      const chosen = port ?? (await findFreePort(host));
      const start = () =>
        startProcess({
          what: name,
          command: path,
          parameters: ["--bind_ip", host, "--port", `${chosen}`, "--dbpath", directory, "--nounixsocket"],
          readyPort: (line) => (/waiting for connections/i.test(line) ? chosen : undefined),
        });
      return serve(name, host, await start(), start);
    },
  };
}

/** mongo-java-server is not MongoDB, but drivers can talk to it. */
function standIn(java: JavaServers): MongoProgram {
  const name = "the stand-in mongo-java-server 1.47.0";
  return {
    name,
    async start({ directory, port = 0, host = "127.0.0.1", wireVersion = 17 }) {
      await mkdir(directory, { recursive: true });
      const file = join(directory, "mongo.db");
      const start = (at: number) => java.start("ServeMongo", [at, file, wireVersion, host]);
      const first = await start(port);
      const full = `${file}.full`;
      return {
        ...serve(name, host, first, () => start(first.port)),
        fillDisk: (isFull) => (isFull ? writeFile(full, "") : rm(full, { force: true })),
      };
    },
  };
}

function serve(name: string, host: string, first: ServerProcess, start: () => Promise<ServerProcess>): OwnMongoServer {
  let running = first;
  return {
    name,
    port: first.port,
    uri: `mongodb://${host}:${first.port}/`,
    signal: (signal) => running.signal(signal),
    stop: () => running.stop(),
    async restart() {
      await running.stop();
      running = await start();
    },
  };
}

/** The package downloads its program when it is asked for its path, unless it has it. */
async function pathFromMemoryServer(): Promise<string | undefined> {
  const name = "mongodb-memory-server-core";
  const folder = new URL(`../../node_modules/${name}/`, import.meta.url);
  if (!existsSync(folder)) return undefined;
  const { MongoBinary } = (await import(name)) as { readonly MongoBinary: { getPath(): Promise<string> } };
  return MongoBinary.getPath().catch((error: unknown) => {
    process.stderr.write(`mongodb-memory-server cannot bring its program: ${error}\n`);
    return undefined;
  });
}
