/** The way from one node to the servers, which can be cut: a network of its own, or TCP proxies that fall silent. */
import { startTcpProxy, type TcpProxy } from "../servers/tcp-proxy.ts";
import type { StartOptions } from "../support/cluster.ts";
import { openNodeNetwork } from "./isolate.ts";

export interface NodeLink {
  /** Options with which the node's process is started, so that it uses this link. */
  readonly start: StartOptions;
  cut(): Promise<void>;
  mend(): Promise<void>;
  stop(): Promise<void>;
}

export interface LinkTargets {
  /** `HOST:PORT`, several separated by commas. */
  readonly zookeeper: string;
  readonly mongodb: string;
}

/** Makes a link that can be cut by pulling a cable. It needs a run inside `enterNamespace`. */
export async function linkByNamespace(): Promise<NodeLink> {
  const network = await openNodeNetwork();
  return { start: { within: network.within }, cut: network.cut, mend: network.mend, stop: network.stop };
}

export async function linkByProxies({ zookeeper, mongodb }: LinkTargets): Promise<NodeLink> {
  const proxies: TcpProxy[] = [];
  const open = async (port: number) => {
    const proxy = await startTcpProxy(port);
    proxies.push(proxy);
    return proxy.address;
  };
  const hosts = await Promise.all(zookeeper.split(",").map((address) => open(Number(address.split(":")[1]))));
  const uri = new URL(mongodb);
  const store = await open(Number(uri.port));
  const all = (action: (proxy: TcpProxy) => void) => async () => proxies.forEach(action);
  return {
    start: { args: ["--zookeeper", hosts.join(","), "--mongodb", `mongodb://${store}${uri.pathname}`] },
    cut: all((proxy) => proxy.silence()),
    // Bytes that were under way are lost: the proxies keep no copy of them.
    mend: all((proxy) => {
      proxy.cut();
      proxy.mend();
    }),
    stop: async () => void (await Promise.all(proxies.map((proxy) => proxy.stop()))),
  };
}
