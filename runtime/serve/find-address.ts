/**
 * Finds which address a request came from: the other end of its connection, and where that is a trusted proxy, what the proxy says in `X-Forwarded-For`. Of a
 * chain of proxies the last address that is none of them counts: what stands before it may be made up.
 */
import { BlockList, isIP } from "node:net";
import type { HostBindings } from "../../functions/environment.ts";
import type { Handler } from "./listening.ts";

/** Tells handlers the address. `proxies`: addresses and networks, such as `10.0.0.0/8`. */
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
    // Not a copy: on Deno the host's object has getters.
    return handler(request, Object.assign(environment, { address } satisfies HostBindings));
  };
}

const longestChain = 20;

/** Node's server puts the socket into the environment, Deno's its connection. */
function remoteAddress(environment: object): string | undefined {
  const { incoming, remoteAddr } = environment as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
    readonly remoteAddr?: { readonly hostname?: string };
  };
  const address = incoming?.socket?.remoteAddress ?? remoteAddr?.hostname;
  return address && plain(address);
}

/** An address without brackets and port; IPv4 as such, also where it is told as IPv6. */
const plain = (address: string): string =>
  address
    .replace(/^\[([^\]]*)\](?::\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/^::ffff:(?=\d+\.)/i, "");
