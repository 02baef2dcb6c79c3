/**
 * The bearer token that shows who asks: from the file that the variable FEMTOQ_TOKEN_FILE (`--token-file` sets it) names, read again when it changed.
 * It is given to https and to this machine only, and is never part of a message.
 */
import { readFile, stat } from "node:fs/promises";
import process from "node:process";
import { DatasetError } from "../../dataset.ts";
import { isLoopback } from "./send-request.ts";

let known: { readonly path: string; readonly changed: number; readonly token: string } | undefined;

/** The user and the password that an operator wrote into a URL, else the token, as headers. */
export const authorizeBy =
  (named: URL) =>
  async (url: URL): Promise<Readonly<Record<string, string>>> => {
    if (named.username !== "" || named.password !== "") {
      const pair = `${decodeURIComponent(named.username)}:${decodeURIComponent(named.password)}`;
      return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
    }
    const token = url.protocol === "https:" || isLoopback(url) ? await readToken() : undefined;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  };

async function readToken(): Promise<string | undefined> {
  const path = process.env.FEMTOQ_TOKEN_FILE;
  if (path === undefined || path === "") return undefined;
  try {
    const { mtimeMs: changed } = await stat(path);
    if (known?.path === path && known.changed === changed) return known.token;
    const token = (await readFile(path, "utf8")).trim();
    if (!/^[\x21-\x7e]{1,65536}$/.test(token)) throw new Error("it must hold one token and nothing else");
    known = { path, changed, token };
    return token;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : (cause as Error).message;
    throw new DatasetError(`Cannot use the file of --token-file: ${code}`, { permanent: false });
  }
}
