/** The credentials of a framework. The secret is only sent to masters that were named, and never logged. */
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { z } from "zod";

export interface Credentials {
  readonly principal: string;
  readonly secret: string;
}

const json = z.object({ principal: z.string(), secret: z.string() });

/** Reads a file in the format of Mesos' own `--credential`: `{ "principal": …, "secret": … }`, or both in one line with a space between. */
export async function readCredentials(path: string): Promise<Credentials> {
  const refuse = (reason: string) =>
    new Error(
      `Cannot use the credentials in ${path}: ${reason}; it has {"principal": "NAME", "secret": "SECRET"}, or NAME SECRET in one line`,
    );
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw refuse((error as Error).message);
  }
  const { principal, secret } = parse(text) ?? {};
  if (!principal || !secret) throw refuse("a principal and a secret are required");
  // Mesos' authenticator splits at the colon and refuses a second one.
  if (principal.includes(":") || secret.includes(":")) throw refuse("neither may have a colon, which Mesos does not take");
  return { principal, secret };
}

function parse(text: string): Partial<Credentials> | undefined {
  if (!text.startsWith("{")) {
    const [principal, secret, ...rest] = text.split(/\s+/);
    return rest.length > 0 ? undefined : { ...(principal && { principal }), ...(secret && { secret }) };
  }
  try {
    return json.safeParse(JSON.parse(text)).data;
  } catch {
    // The error is not passed on, as it would show the secret.
    return undefined;
  }
}

export const authorization = ({ principal, secret }: Credentials): string =>
  `Basic ${Buffer.from(`${principal}:${secret}`).toString("base64")}`;
