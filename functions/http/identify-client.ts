/**
 * Establishes which client sends a request. Handlers take it from `c.var.client` and read no header themselves, so that a client's rights can be
 * decided here, too. The host provides the address of the request.
 */
import type { Context, Next } from "hono";
import type { Environment, HostBindings } from "../environment.ts";
import { HttpProblem } from "./problem.ts";

export async function identifyClient(c: Context<Environment>, next: Next): Promise<void> {
  // Tests may call the functions without a host, and then without an environment.
  const address = (c.env as HostBindings | undefined)?.address;
  const named = c.req.header("femtoq-client");
  if (named !== undefined && !/^[\w.:@-]{1,100}$/.test(named))
    throw new HttpProblem(400, "bad-client", "Femtoq-Client must be 1 to 100 letters, digits or . : @ _ -");
  const tab = c.req.header("femtoq-tab");
  if (tab !== undefined && !/^[\w-]{1,40}$/.test(tab))
    throw new HttpProblem(400, "bad-client", "Femtoq-Tab must be 1 to 40 letters, digits or _ -");
  const name = named === undefined ? `address:${address ?? "unknown"}` : `named:${named}`;
  c.set("client", { name, interest: tab === undefined ? name : `${name}/${tab}`, address });
  await next();
}
