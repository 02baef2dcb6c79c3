/** What every command gets: the terminal, the server's client, the signal of Ctrl-C, and the place for its exit code. */
import type { ApiClient } from "../../functions/client/api-client.js";
import { type ExitCode, exitCodes } from "./command-failed.ts";
import { coloursFor, type Terminal, widthOf, write } from "./draw/terminal.ts";

export interface Invocation {
  readonly terminal: Terminal;
  readonly api: ApiClient;
  readonly signal: AbortSignal;
  /** The query that a problem document may point into. */
  query: unknown;
  exitCode: ExitCode;
}

/** Resolves to a invocation when a command runs: the options of the whole program are known only then. */
export type GetInvocation = () => Invocation;

export const createInvocation = (terminal: Terminal, api: ApiClient, signal: AbortSignal): Invocation => ({
  terminal,
  api,
  signal,
  query: undefined,
  exitCode: exitCodes.done,
});

export const print = ({ terminal }: Invocation, text: string): Promise<void> =>
  write(terminal.stdout, text.endsWith("\n") ? text : `${text}\n`);

export const warn = ({ terminal }: Invocation, text: string): Promise<void> => write(terminal.stderr, `${text}\n`);

export const drawOptions = ({ terminal }: Invocation) => ({
  colours: coloursFor(terminal.stdout, terminal),
  width: widthOf(terminal.stdout),
});
