/**
 * The keys, region and address for an S3 store: from the variables that AWS's own tools read, else from a profile in ~/.aws/credentials and
 * ~/.aws/config. It does not get keys from SSO or from a cloud machine.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

export interface StoreAccess {
  readonly region: string;
  /** The address of the store; undefined for Amazon's. */
  readonly endpoint: string | undefined;
  /** Undefined for anonymous access, which public buckets allow. */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string } | undefined;
}

export async function findAccess(): Promise<StoreAccess> {
  const { env } = process;
  const profile = env.AWS_PROFILE ?? "default";
  const inHome = (name: string) => join(homedir(), ".aws", name);
  const [secrets, settings] = await Promise.all([
    readSection(env.AWS_SHARED_CREDENTIALS_FILE ?? inHome("credentials"), [profile]),
    readSection(env.AWS_CONFIG_FILE ?? inHome("config"), [profile, `profile ${profile}`]),
  ]);
  const stored = { ...settings, ...secrets };
  const fromVariables = env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY;
  const accessKeyId = fromVariables ? env.AWS_ACCESS_KEY_ID : stored.aws_access_key_id;
  const secretAccessKey = fromVariables ? env.AWS_SECRET_ACCESS_KEY : stored.aws_secret_access_key;
  const sessionToken = fromVariables ? env.AWS_SESSION_TOKEN : stored.aws_session_token;
  return {
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? stored.region ?? "us-east-1",
    endpoint: env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL ?? stored.endpoint_url,
    keys: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } : undefined,
  };
}

/** The settings below one of these section names; empty if there is no such file. */
async function readSection(path: string, names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  let isWanted = false;
  for (const line of (await readFile(path, "utf8").catch(() => "")).split(/\r?\n/)) {
    const section = /^\s*\[(.*)\]\s*$/.exec(line)?.[1];
    if (section !== undefined) isWanted = names.includes(section.trim());
    // Indented lines are nested settings, which are not needed.
    const [, name, value] = /^([a-z_0-9]+)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    if (isWanted && name !== undefined && value !== undefined && !Object.hasOwn(values, name)) values[name.toLowerCase()] = value;
  }
  return values;
}
