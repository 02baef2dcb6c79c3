import type { Address, Handler, Listening } from "./listening.ts";

interface DenoServer {
  readonly addr: { readonly port: number };
  shutdown(): Promise<void>;
}

/** What is used of Deno; its own types are not there when Node's compiler checks this file. */
declare const Deno: {
  serve(options: { readonly hostname: string; readonly port: number; readonly onListen: () => void }, handler: Handler): DenoServer;
};

export async function listen(handler: Handler, { host, port }: Address): Promise<Listening> {
  const server = Deno.serve({ hostname: host, port, onListen: () => {} }, handler);
  return {
    port: server.addr.port,
    /** What is left after the grace ends with the process: Deno cannot cut the connections of a server that is shutting down. */
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
