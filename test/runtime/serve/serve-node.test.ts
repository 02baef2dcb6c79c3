import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import type { Handler } from "../../../runtime/serve/listening.ts";
import { listen } from "../../../runtime/serve/serve-node.ts";

const onlyNode = { skip: "Deno" in globalThis && "Deno serves by itself" };
const address = { host: "127.0.0.1", port: 0 };
/** More than the system takes for a connection that is not read. */
const large = "x".repeat(32_000_000);
const answerLarge: Handler = () => new Response(large);

test("serve-node gives up an answer that nobody reads, and its connection", onlyNode, async () => {
  let closed: Promise<unknown> | undefined;
  const answer: Handler = (_, environment) => {
    closed = once((environment as { readonly incoming: IncomingMessage }).incoming.socket, "close");
    return new Response(large);
  };
  const server = await listen(answer, address, { stall: 100 });
  const reader = connect(server.port, address.host);
  reader.write("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  // The answer has begun to arrive, and no more of it is read.
  await once(reader, "readable");
  await closed;
  reader.destroy();
  await server.close(0);
});

test("serve-node keeps a connection whose answer is read for the next request", onlyNode, async () => {
  const server = await listen(answerLarge, address);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let index = 0; index < 3; index++) {
    const [answer] = await once(request({ agent, port: server.port, host: address.host }).end(), "response");
    ports.add(answer.socket.localPort);
    let bytes = 0;
    for await (const piece of answer) bytes += piece.length;
    assert.equal(bytes, large.length);
  }
  assert.equal(ports.size, 1);
  agent.destroy();
  await server.close(0);
});
