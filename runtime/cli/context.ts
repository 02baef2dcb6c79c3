/** What every command gets: the terminal, the server's client, the signal of Ctrl-C, and the place for its exit code. */
import type { ApiClient } from "../../functions/client/api-client.js";
import { type ExitCode, exitCodes } from "./command-failed.ts";
import { coloursFor, type Terminal, widthOf, write } from "./draw/terminal.ts";

export interface Context {
  readonly terminal: Terminal;
  readonly api: ApiClient;
  readonly signal: AbortSignal;
  /** The query that a problem document may point into. */
  query: unknown;
  exitCode: ExitCode;
}

/** Resolves to a context when a command runs: the options of the whole program are known only then. */
export type GetContext = () => Context;

export const createContext = (terminal: Terminal, api: ApiClient, signal: AbortSignal): Context => ({
  terminal,
  api,
  signal,
  query: undefined,
  exitCode: exitCodes.done,
});

export const print = ({ terminal }: Context, text: string): Promise<void> =>
  write(terminal.stdout, text.endsWith("\n") ? text : `${text}\n`);

export const warn = ({ terminal }: Context, text: string): Promise<void> => write(terminal.stderr, `${text}\n`);

export const drawOptions = ({ terminal }: Context) => ({ colours: coloursFor(terminal.stdout, terminal), width: widthOf(terminal.stdout) });
