import type { Address, Handler, Listening } from "./serve.ts";

interface DenoServer {
  readonly addr: { readonly port: number };
  shutdown(): Promise<void>;
}

/** What is used of Deno; its own types are not there when Node's compiler checks this file. */
declare const Deno: {
  serve(
    options: { readonly hostname: string; readonly port: number; readonly signal: AbortSignal; readonly onListen: () => void },
    handler: Handler,
  ): DenoServer;
};

export async function listen(handler: Handler, { host, port }: Address): Promise<Listening> {
  const abort = new AbortController();
  const server = Deno.serve({ hostname: host, port, signal: abort.signal, onListen: () => {} }, handler);
  return {
    port: server.addr.port,
    async close(grace) {
      const cut = setTimeout(() => abort.abort(), grace);
      await server.shutdown();
      clearTimeout(cut);
    },
  };
}
