/** Reads a query's text from a file or standard input, and checks that it is JSON before a server is asked. */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parser } from "@lezer/json";
import { findSyntaxError } from "../../functions/client/find-syntax-error.js";
import { CommandFailed, exitCodes } from "./command-failed.ts";
import { pointInto } from "./describe-problem.ts";
import type { Terminal } from "./draw/terminal.ts";

/** The most characters, which is also the server's limit. */
const largest = 1_000_000;

export interface QueryText {
  readonly text: string;
  readonly query: unknown;
}

export async function readQuery(file: string, { stdin }: Terminal): Promise<QueryText> {
  const content = file === "-" ? await text(stdin) : await readText(file);
  const name = file === "-" ? "standard input" : file;
  if (content.length > largest) {
    throw new CommandFailed(
      exitCodes.badQuery,
      `Cannot use ${name} as a query: at most ${largest} characters are possible, it has ${content.length}`,
    );
  }
  try {
    return { text: content, query: JSON.parse(content) };
  } catch (error) {
    throw new CommandFailed(exitCodes.badQuery, describeSyntaxError(name, content), { cause: error });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : (error as Error).message;
    throw new CommandFailed(exitCodes.badQuery, `Cannot read ${file}: ${reason}`, { cause: error });
  }
}

/** Names the place of the first error itself, since hosts' `JSON.parse` differ in what they tell of it. */
function describeSyntaxError(name: string, content: string): string {
  const { line, column, message } = findSyntaxError(parser.parse(content), content)!;
  const [source, caret] = pointInto(content, { line, column, width: 76 });
  return `${name} ${line}:${column} is not JSON\n  ${source}\n  ${caret}\n  ${message.replaceAll("\n", " ")}`;
}
