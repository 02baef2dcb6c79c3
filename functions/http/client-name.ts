/** Who asks: what the page and the command line call themselves in `Femtoq-Client`, else the address. */
import type { Context } from "hono";
import { HttpProblem } from "./problem.ts";

export function clientName(c: Context): string {
  const named = c.req.header("femtoq-client");
  if (named !== undefined) {
    if (!/^[\w.:@-]{1,100}$/.test(named))
      throw new HttpProblem(400, "bad-client", "Femtoq-Client must be 1 to 100 letters, digits or . : @ _ -");
    return `named:${named}`;
  }
  return `address:${remoteAddress(c.env) ?? "unknown"}`;
}

/** Node's server puts the socket into the environment, Deno's its connection. */
function remoteAddress(environment: unknown): string | undefined {
  const { incoming, remoteAddr } = (environment ?? {}) as {
    incoming?: { socket?: { remoteAddress?: string } };
    remoteAddr?: { hostname?: string };
  };
  return incoming?.socket?.remoteAddress ?? remoteAddr?.hostname;
}
