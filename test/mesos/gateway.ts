/** A gateway in front of a master: it accepts HTTPS, and passes requests on to the master. */
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { MesosMaster } from "../servers/mesos/start-mesos.ts";
import type { Certificate } from "../support/make-certificate.ts";

export interface Gateway {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startGateway({ port }: Pick<MesosMaster, "port">, certificate: Certificate): Promise<Gateway> {
  const server = createServer(certificate, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = request({ host: "127.0.0.1", port, path: url, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
