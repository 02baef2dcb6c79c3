/**
 * Against DNS rebinding: a page of another site may give its own name the address of this machine and then read what is served
 * here. A server on a loopback address therefore answers only requests that call it by a loopback name.
 */
import type { Handler } from "./listening.ts";

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

function isLoopback(host: string): boolean {
  return loopback.test(host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);
}

/** The handler itself where the server is meant to be reached from elsewhere. */
export function refuseForeignHosts(handler: Handler, boundTo: string): Handler {
  if (!isLoopback(boundTo)) return handler;
  return (request, environment) => {
    const host = request.headers.get("host") ?? "";
    const name = host.replace(/:\d{1,5}$/, "");
    return loopback.test(name) ? handler(request, environment) : refusal(host);
  };
}

function refusal(host: string): Response {
  const detail = `This server listens on a loopback address and answers to localhost only, not to "${host.slice(0, 100)}"; see --host.`;
  const problem = { type: "urn:femtoq:problem:foreign-host", title: "Forbidden", status: 403, code: "foreign-host", detail };
  return new Response(JSON.stringify(problem), { status: 403, headers: { "content-type": "application/problem+json" } });
}
