/** An invocation is one run of a command: its terminal, the HTTP client of the server, the signal of Ctrl-C, and its exit code. */
import type { ApiClient } from "../../functions/client/api-client.js";
import { type ExitCode, exitCodes } from "./command-failed.ts";
import { coloursFor, type Terminal, widthOf, write } from "./draw/terminal.ts";

export interface Invocation {
  readonly terminal: Terminal;
  readonly api: ApiClient;
  readonly signal: AbortSignal;
  /** The query that was sent, to which the places in a problem document refer. */
  query: unknown;
  exitCode: ExitCode;
}

/** Must be called when the command runs, since the program's options are known only then. */
export type GetInvocation = () => Invocation;

export const createInvocation = (terminal: Terminal, api: ApiClient, signal: AbortSignal): Invocation => ({
  terminal,
  api,
  signal,
  query: undefined,
  exitCode: exitCodes.done,
});

/** The options of requests that need an operator's rights. */
export const operatorOf = ({ signal, terminal }: Invocation) => ({ signal, secret: terminal.environment.FEMTOQ_ZOOKEEPER_AUTH });

/** Where such requests are permitted, for the help of commands. */
export const whereOperatorsAsk =
  "on the server's own machine, elsewhere with FEMTOQ_ZOOKEEPER_AUTH as the processes of the cluster have it";

export const print = ({ terminal }: Invocation, text: string): Promise<void> =>
  write(terminal.stdout, text.endsWith("\n") ? text : `${text}\n`);

export const warn = ({ terminal }: Invocation, text: string): Promise<void> => write(terminal.stderr, `${text}\n`);

export const drawOptions = ({ terminal }: Invocation) => ({
  colours: coloursFor(terminal.stdout, terminal),
  width: widthOf(terminal.stdout),
});
