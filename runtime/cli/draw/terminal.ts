/** The terminal that a command reads from and writes to; tests pass their own. */
import { hostname, userInfo } from "node:os";
import type { Readable, Writable } from "node:stream";
import pc from "picocolors";
import { escapeText } from "../../../functions/render/displayable.js";
import { CommandFailed, exitCodes } from "../command-failed.ts";

/** Only a terminal has `columns` and `isTTY`. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type Colours = ReturnType<typeof pc.createColors>;

const widthElsewhere = 80;
const widest = 160;

/** Colours on a terminal, unless NO_COLOR asks for none (no-color.org); elsewhere none. */
export const coloursFor = (output: Output, { environment }: Terminal): Colours =>
  pc.createColors(output.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb");

export const widthOf = (output: Output): number => Math.min(widest, Math.max(40, output.columns ?? widthElsewhere));

/** Matches our own colour codes and line breaks, which are not escaped. */
const ours = new RegExp(`(${String.fromCharCode(27)}\\[\\d+(?:;\\d+)*m|[\\n\\t])`);

/**
 * Resolves when the text is passed on, so that a slow reader slows the writer. Rejects with `CommandFailed` if writing fails, as on a full disk. Escapes
 * characters that could control a terminal, wherever the text came from.
 */
export function write(output: Output, text: string): Promise<void> {
  const shown = text.split(ours).map((part, index) => (index % 2 === 0 ? escapeText(part) : part));
  return new Promise((resolve, reject) => {
    try {
      output.write(shown.join(""), (error) => (error ? reject(notWritten(error)) : resolve()));
    } catch (error) {
      // Deno throws errors that Node passes to the callback.
      reject(notWritten(error));
    }
  });
}

/** Writes without waiting. Throws `CommandFailed` if the host reports a failure at once. */
export function writeNow(output: Output, text: string): void {
  try {
    output.write(text);
  } catch (error) {
    throw notWritten(error);
  }
}

export const notWritten = (cause: unknown): CommandFailed =>
  new CommandFailed(exitCodes.failed, `Cannot write the output: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });

/**
 * The client's name. It is the same for all commands of a user on a machine, so that `femtoq cancel` ends the interest that `femtoq query`
 * has.
 */
export function clientName({ environment }: Terminal): string {
  const named = environment.FEMTOQ_CLIENT ?? `cli:${userName()}@${hostname()}`;
  return named.replace(/[^\w.:@-]/g, "-").slice(0, 100);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // In some containers the user has no name in the password file.
    if (error instanceof Error) return "unknown";
    throw error;
  }
}
