/** Serves HTTP on the host that runs this process, Node or Deno. */
import { StartError } from "../start/start-error.ts";
import type { Address, Handler, Listening } from "./listening.ts";

/** The milliseconds that requests and running subtasks have to finish when the server stops. */
export const grace = 500;

/** Rejects with `StartError` if the server cannot listen on the address. */
export async function serve(handler: Handler, address: Address): Promise<Listening> {
  const { listen } = "Deno" in globalThis ? await import("./serve-deno.ts") : await import("./serve-node.ts");
  try {
    return await listen(handler, address);
  } catch (error) {
    throw explain(error, address);
  }
}

/** The server's URL for clients on this machine; for a server on all addresses, with the loopback address. */
export function urlOf({ host, port }: Address): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

function explain(error: unknown, { host, port }: Address): unknown {
  if (!(error instanceof Error)) return error;
  const code = "code" in error ? error.code : undefined;
  const refuse = (reason: string) => new StartError(`Cannot listen on ${host}, port ${port}: ${reason}`, { cause: error });
  if (code === "EADDRINUSE") return refuse("another program has it; stop that one, or choose another with --port (0 takes a free one)");
  if (code === "EACCES" || error.name === "PermissionDenied")
    return refuse("the system does not permit it; ports from 1024 on are free to all, see --port");
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN")
    return refuse("this machine has no such address; see --host");
  return refuse(error.message);
}
