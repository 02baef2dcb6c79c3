/**
 * Bearer tokens, from the files that the variable FEMTOQ_TOKEN_FILE names (`--token-file` sets it); changed files are read again. A single `PATH` is for
 * all hosts, `HOST=PATH,HOST=PATH` for these hosts only. Tokens are only sent by https or to this machine, and never appear in a message.
 */
import { readFile, stat } from "node:fs/promises";
import process from "node:process";
import { DatasetError } from "../../dataset.ts";
import { isLoopback } from "./send-request.ts";

interface TokenFile {
  /** The host, with its port unless that is the usual one; absent for all hosts. */
  readonly host?: string;
  readonly path: string;
}

/** The tokens that were read, by path, with the file's time of change. */
const known = new Map<string, { readonly changed: number; readonly token: string }>();

/** Parses `--token-file`; undefined if it is wrong. */
export function parseTokenFiles(option: string): readonly TokenFile[] | undefined {
  if (!/^[a-z0-9.-]+(:\d+)?=/i.test(option)) return option === "" ? [] : [{ path: option }];
  const files = option.split(",").map((each) => {
    const [, host = "", path = ""] = /^([a-z0-9.-]+(?::\d+)?)=(.+)$/i.exec(each) ?? [];
    return { host: host.toLowerCase(), path };
  });
  return files.every(({ host }) => host !== "") ? files : undefined;
}

const tokenFiles = (): readonly TokenFile[] => parseTokenFiles(process.env.FEMTOQ_TOKEN_FILE ?? "") ?? [];

/** Whether there is a token for all hosts. */
export const isTokenForAll = (): boolean => tokenFiles().some(({ host }) => host === undefined);

/** Makes headers with the user and password that an operator wrote into the URL, else with the token. */
export const authorizeBy =
  (named: URL) =>
  async (url: URL): Promise<Readonly<Record<string, string>>> => {
    if (named.username !== "" || named.password !== "") {
      const pair = `${decodeURIComponent(named.username)}:${decodeURIComponent(named.password)}`;
      return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
    }
    const token = url.protocol === "https:" || isLoopback(url) ? await readToken(url.host) : undefined;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  };

async function readToken(asked: string): Promise<string | undefined> {
  const path = tokenFiles().find(({ host }) => host === undefined || host === asked)?.path;
  if (path === undefined) return undefined;
  try {
    const { mtimeMs: changed } = await stat(path);
    const before = known.get(path);
    if (before?.changed === changed) return before.token;
    const token = (await readFile(path, "utf8")).trim();
    if (!/^[\x21-\x7e]{1,65536}$/.test(token)) throw new Error("it must hold one token and nothing else");
    known.set(path, { changed, token });
    return token;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : (cause as Error).message;
    throw new DatasetError(`Cannot use the file of --token-file: ${code}`, { permanent: false });
  }
}
