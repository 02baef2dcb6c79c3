/**
 * Runs the command line `femtoq`. Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed or partly
 * failed, 2 bad query or usage, 3 server not reached, 130 Ctrl-C.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { createApiClient } from "../../functions/client/api-client.js";
import { NotReached, RequestFailed } from "../../functions/client/request-errors.js";
import { CommandFailed, exitCodes, Interrupted } from "./command-failed.ts";
import { addDatasetsCommand } from "./commands/datasets-command.ts";
import { addExplainCommand } from "./commands/explain-command.ts";
import { addFunctionsCommand } from "./commands/functions-command.ts";
import { addInspectCommand } from "./commands/inspect-command.ts";
import { addMesosCommands } from "./commands/mesos-command.ts";
import { addQueriesCommands } from "./commands/queries-command.ts";
import { addQueryCommand } from "./commands/query-command.ts";
import { addResetCommand } from "./commands/reset-command.ts";
import { addStatusCommands } from "./commands/status-command.ts";
import { describeProblem } from "./describe-problem.ts";
import { clientName, coloursFor, type Terminal, widthOf, write, writeNow } from "./draw/terminal.ts";
import { createInvocation, type GetInvocation, type Invocation } from "./invocation.ts";

export interface FemtoqOptions {
  /** Aborts with `Interrupted` at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Tests pass their own. */
  readonly fetch?: typeof globalThis.fetch;
}

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };

/** Functions that each add one or more commands to the program; help lists them in this order. */
const commands: readonly ((program: Command, getInvocation: GetInvocation) => void)[] = [
  addQueryCommand,
  addExplainCommand,
  addDatasetsCommand,
  addInspectCommand,
  addFunctionsCommand,
  addQueriesCommands,
  addStatusCommands,
  addMesosCommands,
  addResetCommand,
];

const usualServer = "http://127.0.0.1:8000";

const introduction = `
Ask a Femtoq server for histograms over collision events.
In a clone femtoq is written npm run -s femtoq --

Start:
  npm start                                     a server with a demo dataset
  femtoq datasets demo                          what is in it
  femtoq inspect events.parquet                 what is in a file
  femtoq query examples/dimuon-mass.json        a first histogram

Exit codes: 0 done, 1 failed or partly failed, 2 bad query or usage, 3 server not reached, 130 Ctrl-C.`;

/** Resolves with the exit code. It never throws for what a user can do wrong. */
export async function runFemtoq(args: readonly string[], terminal: Terminal, { signal, fetch }: FemtoqOptions): Promise<number> {
  const program = createProgram(terminal);
  let invocation: Invocation | undefined;
  const getInvocation: GetInvocation = () => {
    const { server } = program.opts<{ readonly server: string }>();
    const api = createApiClient({ server: readServer(server), client: clientName(terminal), ...(fetch ? { fetch } : {}) });
    invocation = createInvocation(terminal, api, signal);
    return invocation;
  };
  for (const addTo of commands) addTo(program, getInvocation);
  for (const command of program.commands) command.showHelpAfterError(`(femtoq ${command.name()} --help shows what is possible)`);
  try {
    await program.parseAsync([...args], { from: "user" });
    return invocation?.exitCode ?? exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badQuery;
    const { code, message } = explainFailure(error, {
      terminal,
      query: invocation?.query,
      interrupted: signal.reason instanceof Interrupted,
    });
    await write(terminal.stderr, `${message}\n`);
    return code;
  }
}

function createProgram(terminal: Terminal): Command {
  return new Command("femtoq")
    .description(introduction.trim())
    .version(version, "--version")
    .option("--server <url>", "of the server (or FEMTOQ_SERVER)", terminal.environment.FEMTOQ_SERVER || usualServer)
    .exitOverride()
    .showHelpAfterError("(femtoq --help shows what is possible)")
    .configureHelp({ helpWidth: widthOf(terminal.stdout) })
    .configureOutput({
      writeOut: (text) => writeNow(terminal.stdout, text),
      writeErr: (text) => void terminal.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

function readServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, "");
  throw new CommandFailed(exitCodes.badQuery, `Cannot use ${text} as the server: it must be a URL like ${usualServer}`);
}

interface Situation {
  readonly terminal: Terminal;
  readonly query: unknown;
  readonly interrupted: boolean;
}

function explainFailure(error: unknown, { terminal, query, interrupted }: Situation): { readonly code: number; readonly message: string } {
  const colours = coloursFor(terminal.stderr, terminal);
  if (interrupted)
    return { code: exitCodes.interrupted, message: query === undefined ? "Interrupted." : "Interrupted; the query was withdrawn." };
  if (error instanceof CommandFailed) return { code: error.exitCode, message: error.message };
  if (error instanceof NotReached) {
    return {
      code: exitCodes.notReached,
      message: `${error.message}\nIs the server running? \`npm start\` starts one; --server or FEMTOQ_SERVER names another.`,
    };
  }
  if (error instanceof RequestFailed) {
    const message = describeProblem(error.problem, { colours, width: widthOf(terminal.stderr), query });
    return { code: error.problem.status < 500 ? exitCodes.badQuery : exitCodes.failed, message };
  }
  return { code: exitCodes.failed, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
