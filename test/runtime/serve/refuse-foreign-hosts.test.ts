import assert from "node:assert/strict";
import { test } from "node:test";
import { refuseForeignHosts } from "../../../runtime/serve/refuse-foreign-hosts.ts";

const answer = () => new Response("page");
const statusFor = async (boundTo: string, host: string, allowed: readonly string[] = []) => {
  const request = new Request("http://localhost/", { headers: { host } });
  return (await refuseForeignHosts(answer, { boundTo, allowed })(request, {})).status;
};

test("refuseForeignHosts answers loopback names only, on a loopback address", async () => {
  for (const boundTo of ["127.0.0.1", "localhost", "::1", "127.0.0.2"]) {
    for (const host of ["localhost:8000", "127.0.0.1:8000", "LOCALHOST", "[::1]:8000", "127.0.0.2"])
      assert.equal(await statusFor(boundTo, host), 200, host);
    for (const host of ["evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[2001:db8::1]"])
      assert.equal(await statusFor(boundTo, host), 403, host);
  }
  assert.equal(await statusFor("127.0.0.1", "femtoq.example", ["femtoq.example"]), 200, "a proxy on this machine");
});

test("refuseForeignHosts answers addresses and allowed names, on an address that others reach", async () => {
  for (const host of ["10.0.0.1:8000", "[2001:db8::1]:8000", "127.0.0.1", "localhost", "Farm.example:8000"])
    assert.equal(await statusFor("0.0.0.0", host, ["farm.example"]), 200, host);
  for (const host of ["evil.example", "farm.example.evil.example", "10.0.0.1.evil.example"])
    assert.equal(await statusFor("0.0.0.0", host, ["farm.example"]), 403, host);
});

test("refuseForeignHosts answers 400 to what is no host", async () => {
  for (const boundTo of ["127.0.0.1", "0.0.0.0"])
    for (const host of ["", "127.0.0.256", "127.0.0.256:8000", "localhost:99999", "[::1", "a b"])
      assert.equal(await statusFor(boundTo, host), 400, host);
});

test("refuseForeignHosts lets probes through by any name", async () => {
  const statusOf = async (path: string) => {
    const request = new Request(`http://lb.internal${path}`, { headers: { host: "lb.internal" } });
    return (await refuseForeignHosts(answer, { boundTo: "0.0.0.0", allowed: [] })(request, {})).status;
  };
  for (const path of ["/healthz", "/readyz"]) assert.equal(await statusOf(path), 200, path);
  const withoutHost = async (path: string) =>
    (await refuseForeignHosts(answer, { boundTo: "127.0.0.1", allowed: [] })(new Request(`http://127.0.0.1${path}`), {})).status;
  assert.equal(await withoutHost("/healthz"), 200, "HTTP/1.0");
  assert.equal(await withoutHost("/queries"), 400);
  for (const path of ["/metrics", "/queries", "/queries/healthz", "/healthz?x=/readyz"]) assert.equal(await statusOf(path), 403, path);
});
