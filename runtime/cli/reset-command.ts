/** `femtoq reset`: empties the store, without a server. */
import { type Command, Option } from "commander";
import { StoreError } from "../../storage/store-error.ts";
import { CommandFailed, exitCodes } from "./command-failed.ts";
import { type GetContext, print, warn } from "./context.ts";

interface ResetOptions {
  readonly store?: boolean;
  readonly yes?: boolean;
  readonly state?: string;
  readonly mongodb?: string;
}

export function addResetCommand(program: Command, getContext: GetContext): void {
  program
    .command("reset")
    .description("remove all queries, plans, partials and results that are stored; nothing else in the database is touched")
    .option("--store", "the store is what to empty")
    .option("--yes", "really do it")
    .addOption(
      new Option("--state <dir>", "the server's state directory, for the embedded store; the server must not run").env("FEMTOQ_STATE"),
    )
    .addOption(new Option("--mongodb <uri>", "the store on MongoDB").env("FEMTOQ_MONGODB"))
    .addHelpText(
      "after",
      "\nExamples:\n  femtoq reset --store --yes\n  femtoq reset --store --yes --mongodb mongodb://127.0.0.1:27017/femtoq",
    )
    .action(async ({ store, yes, state, mongodb }: ResetOptions) => {
      const context = getContext();
      if (!store || !yes) throw new CommandFailed(exitCodes.badQuery, "Cannot reset: say what with --store, and confirm it with --yes");
      // Loaded here only: no other command needs a database.
      const [{ ConfigError, readConfig }, { openConfiguredStore }] = await Promise.all([
        import("../config.ts"),
        import("../open-store.ts"),
      ]);
      const args = [...(state === undefined ? [] : ["--state", state]), ...(mongodb === undefined ? [] : ["--mongodb", mongodb])];
      try {
        const config = readConfig(args, {});
        const tell = (_fields: object, message: string) => void warn(context, message);
        const log = { info() {}, warn: tell, error: tell };
        const opened = await openConfiguredStore(config, log);
        try {
          await opened.store.reset();
        } finally {
          await opened.store.close();
        }
        await print(context, `emptied the store ${mongodb === undefined ? `in ${config.state}` : "on MongoDB"}`);
      } catch (error) {
        if (error instanceof ConfigError) throw new CommandFailed(exitCodes.badQuery, error.message);
        if (error instanceof StoreError) throw new CommandFailed(exitCodes.failed, error.message);
        throw error;
      }
    });
}
