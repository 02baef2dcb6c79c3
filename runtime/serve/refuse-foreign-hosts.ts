/**
 * Against DNS rebinding: a page of another site may give its own name the address of this server and then read what is served here. A name that is nobody's but
 * the server's is therefore required: an address, which no page can pretend to be, `localhost`, or one that the operator allows. A server on a loopback address
 * takes loopback addresses only.
 */
import { isIP } from "node:net";
import { answerProblem, HttpProblem } from "../../functions/http/problem.ts";
import type { Handler } from "./listening.ts";

export interface HostOptions {
  /** The address that the server listens on. */
  readonly boundTo: string;
  /** Names besides, without ports. */
  readonly allowed: readonly string[];
}

/** What supervisors and load balancers ask, by names of their own; nothing that it tells is anybody's secret. */
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

/** Whether only this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
