/** `femtoq reset` empties the store, or the coordinator's root in ZooKeeper. It does so itself, without a server. */
import { type Command, Option } from "commander";
import { StoreError } from "../../../storage/store-error.ts";
import { CommandFailed, exitCodes } from "../command-failed.ts";
import { type GetInvocation, type Invocation, print, warn } from "../invocation.ts";

interface ResetOptions {
  readonly store?: boolean;
  readonly coordinator?: boolean;
  readonly yes?: boolean;
  readonly state?: string;
  readonly mongodb?: string;
  readonly zookeeper?: string;
  readonly zookeeperAuth?: string;
}

export function addResetCommand(program: Command, getInvocation: GetInvocation): void {
  program
    .command("reset")
    .description(
      "remove what is stored (queries, plans, partials, results), or what a cluster's queue in ZooKeeper holds; nothing else there is touched",
    )
    .option("--store", "the store is what to empty")
    .option("--coordinator", "the queue in ZooKeeper is what to empty; its processes must not run")
    .option("--yes", "really do it")
    .addOption(
      new Option("--state <dir>", "the server's state directory, for the embedded store; the server must not run").env("FEMTOQ_STATE"),
    )
    .addOption(new Option("--mongodb <uri>", "the store on MongoDB").env("FEMTOQ_MONGODB"))
    .addOption(new Option("--zookeeper <hosts>", "the cluster's ZooKeeper").env("FEMTOQ_ZOOKEEPER"))
    .addOption(new Option("--zookeeper-auth <name:password>", "who owns the queue").env("FEMTOQ_ZOOKEEPER_AUTH"))
    .addHelpText(
      "after",
      `
Examples:
  femtoq reset --store --yes
  femtoq reset --store --yes --mongodb mongodb://127.0.0.1:27017/femtoq
  femtoq reset --coordinator --yes --zookeeper 127.0.0.1:2181`,
    )
    .action(async (options: ResetOptions) => {
      const invocation = getInvocation();
      const { store, coordinator, yes } = options;
      if (!(store || coordinator) || !yes) {
        throw new CommandFailed(exitCodes.badQuery, "Cannot reset: say what with --store or --coordinator, and confirm it with --yes");
      }
      // The queue comes first, since emptying it may be refused: then the store is not emptied either.
      if (coordinator) await resetCoordinator(invocation, options);
      if (store) await resetStore(invocation, options);
    });
}

/** The store's log is silenced, since its error says all that matters. */
const silent = { info() {}, warn() {}, error() {} };

const logFor = (invocation: Invocation) => {
  const tell = (_fields: object, message: string) => void warn(invocation, message);
  return { info() {}, warn: tell, error: tell };
};

async function resetStore(invocation: Invocation, { state, mongodb }: ResetOptions): Promise<void> {
  // These are loaded here, since no other command needs a database.
  const [{ ConfigError, readConfig }, { openConfiguredStore }] = await Promise.all([
    import("../../start/config/config.ts"),
    import("../../start/open-store.ts"),
  ]);
  const args = [...(state === undefined ? [] : ["--state", state]), ...(mongodb === undefined ? [] : ["--mongodb", mongodb])];
  try {
    const config = readConfig(args, {});
    const opened = await openConfiguredStore(config, silent);
    try {
      await opened.store.reset();
    } finally {
      await opened.store.close();
    }
    await print(invocation, `emptied the store ${mongodb === undefined ? `in ${config.state}` : "on MongoDB"}`);
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFailed(exitCodes.badQuery, error.message);
    if (error instanceof StoreError) throw new CommandFailed(exitCodes.failed, error.message);
    throw error;
  }
}

async function resetCoordinator(invocation: Invocation, { zookeeper, zookeeperAuth }: ResetOptions): Promise<void> {
  if (zookeeper === undefined) {
    throw new CommandFailed(exitCodes.badQuery, "Cannot reset the coordinator: name its ZooKeeper with --zookeeper");
  }
  const [{ resetRoot }, { ZooKeeperSetupError }] = await Promise.all([
    import("../../../coordination/zookeeper/upkeep/reset-root.ts"),
    import("../../../coordination/zookeeper/protocol/zookeeper-error.ts"),
  ]);
  const auth = zookeeperAuth === undefined ? {} : { auth: zookeeperAuth };
  try {
    const removed = await resetRoot({ hosts: zookeeper, ...auth, log: logFor(invocation) });
    await print(invocation, `emptied the queue in ZooKeeper at ${zookeeper}: ${removed} znodes went`);
  } catch (error) {
    const code = error instanceof ZooKeeperSetupError ? exitCodes.badQuery : exitCodes.failed;
    throw new CommandFailed(code, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
