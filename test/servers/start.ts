/**
 * `npm run servers` starts a ZooKeeper and a MongoDB for a cluster on this machine, until Ctrl-C. Its parameter is the folder of their
 * files (`.femtoq/servers` by default).
 */
import { join, resolve } from "node:path";
import process from "node:process";
import { openMongo } from "./mongo-server.ts";
import { openZooKeeper } from "./zookeeper-server.ts";

const directory = resolve(process.argv[2] ?? ".femtoq/servers");
const zookeeper = await orEnd(openZooKeeper({ directory: join(directory, "zookeeper"), port: 2181, tick: 2000 }));
const mongo = await orEnd(openMongo({ directory: join(directory, "mongo"), port: 27017 }));
// A variable of the user's may hold a password, so it is not printed.
const uri = process.env.MONGODB_URI ? '"$MONGODB_URI"' : mongo.uri;
process.stdout.write(`${zookeeper.name}: ${zookeeper.hosts}
${mongo.name}: ${uri}
Files are kept in ${directory}. Ctrl-C stops what was started here.

In other terminals, as often as you like:
  npm start -- --port 0 --zookeeper ${zookeeper.hosts} --mongodb ${uri}
`);

const staying = setInterval(() => undefined, 2 ** 30);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, async () => {
    clearInterval(staying);
    await Promise.all([zookeeper.stop(), mongo.stop()]);
    process.exit(0);
  });
}

async function orEnd<Server extends object>(opening: Promise<Server | { readonly missing: string }>): Promise<Server> {
  try {
    const found = await opening;
    if (!("missing" in found)) return found;
    process.stderr.write(`There is ${found.missing}\n`);
  } catch (error) {
    const advice = "Is its port taken? Where that is a server to use, name it by ZOOKEEPER_HOSTS or MONGODB_URI.";
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${advice}\n`);
  }
  process.exit(1);
}
