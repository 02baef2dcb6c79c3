/** Whether a request was made on this machine, and not through a proxy, which may stand for anybody. What only an operator may do is open to such requests. */
import type { Context } from "hono";
import type { Environment } from "../environment.ts";

const loopback = /^(127\.|::1$|::ffff:127\.)/;
const ofProxies = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

export function isFromThisMachine(c: Context<Environment>): boolean {
  const { address } = c.var.client;
  return address !== undefined && loopback.test(address) && ofProxies.every((header) => c.req.header(header) === undefined);
}
