/** Operators' rights: given to requests from this machine, and to those with the secret. */
import type { Context } from "hono";
import { digest } from "../../engine/sha256.ts";
import type { Environment } from "../environment.ts";
import { HttpProblem } from "./problem.ts";

const loopback = /^(127\.|::1$|::ffff:127\.)/;
const ofProxies = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/** Whether a request was made on this machine, and not through a proxy, behind which anybody may be. */
export function isFromThisMachine(c: Context<Environment>): boolean {
  const { address } = c.var.client;
  return address !== undefined && loopback.test(address) && ofProxies.every((header) => c.req.header(header) === undefined);
}

/** Whether the request has this secret in `Authorization: Bearer`; false if there is no secret. Its duration does not tell how much of a wrong secret is right. */
export async function showsSecret(c: Context<Environment>, secret: string | undefined): Promise<boolean> {
  const shown = c.req.header("authorization")?.replace(/^Bearer /, "");
  if (secret === undefined || shown === undefined) return false;
  const [a, b] = await Promise.all([shown, secret].map((text) => digest(new TextEncoder().encode(text))));
  return a!.every((byte, index) => byte === b![index]);
}

/** Throws a problem of status 403 unless the request comes from an operator. */
export async function requireOperator(c: Context<Environment>): Promise<void> {
  if (isFromThisMachine(c) || (await showsSecret(c, c.var.services.operatorSecret))) return;
  const detail =
    "Only an operator stops or removes what others want: ask on the server's machine, not through a proxy, or show the coordinator's secret.";
  throw new HttpProblem(403, "not-permitted", detail);
}
