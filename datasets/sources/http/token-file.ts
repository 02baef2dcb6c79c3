/**
 * The bearer token that shows who asks: from the files that the variable FEMTOQ_TOKEN_FILE (`--token-file` sets it) names, read again when they changed.
 * One `PATH` is for all hosts, `HOST=PATH,HOST=PATH` for these hosts alone. Tokens are given to https and to this machine only, and are never part of
 * a message.
 */
import { readFile, stat } from "node:fs/promises";
import process from "node:process";
import { DatasetError } from "../../dataset.ts";
import { isLoopback } from "./send-request.ts";

interface TokenFile {
  /** With its port, where it is not the usual one; absent for all hosts. */
  readonly host?: string;
  readonly path: string;
}

/** By path. */
const known = new Map<string, { readonly changed: number; readonly token: string }>();

/** What `--token-file` says; undefined where it makes no sense. */
export function parseTokenFiles(option: string): readonly TokenFile[] | undefined {
  if (!/^[a-z0-9.-]+(:\d+)?=/i.test(option)) return option === "" ? [] : [{ path: option }];
  const files = option.split(",").map((each) => {
    const [, host = "", path = ""] = /^([a-z0-9.-]+(?::\d+)?)=(.+)$/i.exec(each) ?? [];
    return { host: host.toLowerCase(), path };
  });
  return files.every(({ host }) => host !== "") ? files : undefined;
}

const tokenFiles = (): readonly TokenFile[] => parseTokenFiles(process.env.FEMTOQ_TOKEN_FILE ?? "") ?? [];

/** Whether a token is given to whatever host a file is at. */
export const isTokenForAll = (): boolean => tokenFiles().some(({ host }) => host === undefined);

/** The user and the password that an operator wrote into a URL, else the token, as headers. */
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
