/** Masters that an operator named one by one. They are asked in turn; one that does not lead redirects to the leader. */
import { lookup } from "node:dns/promises";
import type { Leaders } from "./leaders.ts";

/** @param urls At least one. */
export function listedMasters(urls: readonly URL[]): Leaders {
  const never = new AbortController().signal;
  let turn = 0;
  return {
    name: urls.map(({ origin, pathname }) => `${origin}${pathname.replace(/\/$/, "")}`).join(","),
    async find() {
      return { url: urls[turn++ % urls.length]!, replaced: never };
    },
    isNamed: (url) => isAmong(url, urls),
    close: async () => undefined,
  };
}

/** Whether a URL is one of those named, by host name or by address, since masters may refer to each other by other names. */
export async function isAmong(url: URL, named: readonly URL[]): Promise<boolean> {
  const alike = named.filter(({ protocol, port }) => protocol === url.protocol && port === url.port);
  if (alike.some(({ hostname }) => hostname === url.hostname)) return true;
  const addresses = new Set(await addressesOf(url));
  const others = await Promise.all(alike.map(addressesOf));
  return others.flat().some((address) => addresses.has(address));
}

async function addressesOf({ hostname }: URL): Promise<readonly string[]> {
  try {
    const found = await lookup(hostname.replace(/^\[(.*)\]$/, "$1"), { all: true });
    return found.map(({ address }) => address);
  } catch {
    // A host without an address cannot be a named one.
    return [];
  }
}
