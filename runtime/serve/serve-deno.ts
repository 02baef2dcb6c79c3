import type { Address, Handler, Listening } from "./listening.ts";

interface DenoServer {
  readonly addr: { readonly port: number };
  shutdown(): Promise<void>;
}

/** The parts of Deno that are used here; its own types are absent when this file is checked for Node. */
declare const Deno: {
  serve(options: { readonly hostname: string; readonly port: number; readonly onListen: () => void }, handler: Handler): DenoServer;
};

export async function listen(handler: Handler, { host, port }: Address): Promise<Listening> {
  const server = Deno.serve({ hostname: host, port, onListen: () => {} }, handler);
  return {
    port: server.addr.port,
    /** Deno cannot cut the connections of a server that is shutting down; those left after the grace end with the process. */
    async close(grace) {
      let wait: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        wait = setTimeout(resolve, grace);
      });
      await Promise.race([server.shutdown(), late]);
      clearTimeout(wait);
    },
  };
}
