import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostBindings } from "../../../functions/environment.ts";
import { findAddress } from "../../../runtime/serve/find-address.ts";

async function addressOf(connection: string, forwarded: string | undefined, proxies: readonly string[]): Promise<string | undefined> {
  let found: string | undefined;
  const handler = findAddress((_, environment) => {
    found = (environment as HostBindings).address;
    return new Response();
  }, proxies);
  const headers: Record<string, string> = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  await handler(new Request("http://localhost/", { headers }), { incoming: { socket: { remoteAddress: connection } } });
  return found;
}

test("findAddress believes nobody but a trusted proxy", async () => {
  assert.equal(await addressOf("10.0.0.1", "1.2.3.4", []), "10.0.0.1");
  assert.equal(await addressOf("10.0.0.1", "1.2.3.4", ["10.0.0.2"]), "10.0.0.1");
  assert.equal(await addressOf("10.0.0.1", "1.2.3.4", ["10.0.0.1"]), "1.2.3.4");
  assert.equal(await addressOf("10.0.0.1", undefined, ["10.0.0.1"]), "10.0.0.1");
  assert.equal(await addressOf("::ffff:10.0.0.1", "1.2.3.4", ["10.0.0.0/8"]), "1.2.3.4");
  assert.equal(await addressOf("fd00::1", "[2001:db8::1]:4711", ["fd00::/8"]), "2001:db8::1");
});

test("findAddress takes the last address of a chain that is no trusted proxy, and nothing that is no address", async () => {
  assert.equal(await addressOf("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", ["10.0.0.0/8"]), "1.2.3.4");
  assert.equal(await addressOf("10.0.0.1", "1.2.3.4:55555", ["10.0.0.1"]), "1.2.3.4");
  assert.equal(await addressOf("10.0.0.1", "6.6.6.6, unknown", ["10.0.0.1"]), "10.0.0.1");
  assert.equal(await addressOf("10.0.0.1", "", ["10.0.0.1"]), "10.0.0.1");
});
