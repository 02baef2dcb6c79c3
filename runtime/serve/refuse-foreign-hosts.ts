/**
 * Protects against DNS rebinding, by which a page of another site gives its own host name the address of this server, and then reads its answers. So the
 * Host header must be an address, `localhost`, or a name that the operator allows. A server on a loopback address only accepts loopback addresses.
 */
import { isIP } from "node:net";
import { answerProblem, HttpProblem } from "../../functions/http/problem.ts";
import type { Handler } from "./listening.ts";

export interface HostOptions {
  /** The address that the server listens on. */
  readonly boundTo: string;
  /** Further allowed names, without ports. */
  readonly allowed: readonly string[];
}

/** The paths of probes, which supervisors and load balancers request under other names; their answers hold no secrets. */
const probe = /^https?:\/\/[^/]+\/(healthz|readyz)$/;

export function refuseForeignHosts(handler: Handler, { boundTo, allowed }: HostOptions): Handler {
  const names = new Set(["localhost", ...allowed.map((name) => name.toLowerCase())]);
  const isLocal = isLoopback(boundTo);
  return (request, environment) => {
    const host = request.headers.get("host") ?? "";
    const isUrl = URL.canParse(request.url);
    // Old probes speak HTTP/1.0 and send no Host.
    if (isUrl && probe.test(request.url)) return handler(request, environment);
    if (!URL.canParse(`http://${host}`) || !isUrl) {
      return answerProblem(
        new HttpProblem(400, "bad-host", `The Host header has no name or address: ${JSON.stringify(host.slice(0, 100))}`),
      );
    }
    const name = host
      .replace(/:\d*$/, "")
      .replace(/^\[(.*)\]$/, "$1")
      .toLowerCase();
    if (names.has(name) || (isIP(name) !== 0 && (!isLocal || isLoopback(name)))) return handler(request, environment);
    const detail = `This server is not called "${name.slice(0, 100)}": it answers to ${isLocal ? "localhost" : "its address"}${allowed.map((each) => `, ${each}`).join("")}; see --allow-host.`;
    return answerProblem(new HttpProblem(403, "foreign-host", detail));
  };
}

/** Whether a server on this address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
