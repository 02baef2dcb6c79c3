/**
 * Finds the address of a request: the other end of its connection or, if that is a trusted proxy, the one that the proxy states in `X-Forwarded-For`.
 * In this list, the last address that is no trusted proxy counts, since a client may have made up those before it.
 */
import { BlockList, isIP } from "node:net";
import type { HostBindings } from "../../functions/environment.ts";
import type { Handler } from "./listening.ts";

/** Adds the address to the environment. `proxies` are the addresses and networks of trusted proxies, such as `10.0.0.0/8`. */
export function findAddress(handler: Handler, proxies: readonly string[]): Handler {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [address, bits] = proxy.split("/") as [string, string?];
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

  return (request, environment) => {
    let address = remoteAddress(environment);
    const forwarded = request.headers.get("x-forwarded-for")?.split(",").slice(-longestChain) ?? [];
    while (address !== undefined && forwarded.length > 0 && proxies.length > 0 && isTrusted(address)) {
      const before = plain(forwarded.pop()!.trim());
      if (isIP(before) === 0) break;
      address = before;
    }
    // Changed in place, not copied, since on Deno the host's object has getters.
    return handler(request, Object.assign(environment, { address } satisfies HostBindings));
  };
}

const longestChain = 20;

/** The other end of the connection. Node's server puts the socket into the environment, Deno's the address. */
function remoteAddress(environment: object): string | undefined {
  const { incoming, remoteAddr } = environment as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
    readonly remoteAddr?: { readonly hostname?: string };
  };
  const address = incoming?.socket?.remoteAddress ?? remoteAddr?.hostname;
  return address && plain(address);
}

/** An address without brackets and port; an IPv4 address written as IPv6 becomes plain IPv4. */
const plain = (address: string): string =>
  address
    .replace(/^\[([^\]]*)\](?::\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/^::ffff:(?=\d+\.)/i, "");
