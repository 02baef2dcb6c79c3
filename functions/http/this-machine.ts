/** What only an operator may do is open to requests that were made on this machine, and to those that show a secret. */
import type { Context } from "hono";
import { digest } from "../../engine/sha256.ts";
import type { Environment } from "../environment.ts";
import { HttpProblem } from "./problem.ts";

const loopback = /^(127\.|::1$|::ffff:127\.)/;
const ofProxies = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/** Whether a request was made on this machine, and not through a proxy, which may stand for anybody. */
export function isFromThisMachine(c: Context<Environment>): boolean {
  const { address } = c.var.client;
  return address !== undefined && loopback.test(address) && ofProxies.every((header) => c.req.header(header) === undefined);
}

/** Whether the request has this secret in its `Authorization: Bearer`. False where there is none. Takes as long whatever the two have in common. */
export async function showsSecret(c: Context<Environment>, secret: string | undefined): Promise<boolean> {
  const shown = c.req.header("authorization")?.replace(/^Bearer /, "");
  if (secret === undefined || shown === undefined) return false;
  const [a, b] = await Promise.all([shown, secret].map((text) => digest(new TextEncoder().encode(text))));
  return a!.every((byte, index) => byte === b![index]);
}

/** Throws a problem of status 403 where somebody else asks. */
export async function requireOperator(c: Context<Environment>): Promise<void> {
  if (isFromThisMachine(c) || (await showsSecret(c, c.var.services.operatorSecret))) return;
  const detail =
    "Only an operator stops or removes what others want: ask on the server's machine, not through a proxy, or show the coordinator's secret.";
  throw new HttpProblem(403, "not-permitted", detail);
}
