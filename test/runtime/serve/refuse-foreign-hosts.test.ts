import assert from "node:assert/strict";
import { test } from "node:test";
import { refuseForeignHosts } from "../../../runtime/serve/refuse-foreign-hosts.ts";

const answer = () => new Response("page");
const statusFor = async (boundTo: string, host: string) => {
  const request = new Request("http://localhost/", { headers: { host } });
  return (await refuseForeignHosts(answer, boundTo)(request, {})).status;
};

test("refuseForeignHosts answers loopback names only, on a loopback address", async () => {
  for (const boundTo of ["127.0.0.1", "localhost", "::1", "127.0.0.2"]) {
    for (const host of ["localhost:8000", "127.0.0.1:8000", "LOCALHOST", "[::1]:8000", "127.0.0.2"])
      assert.equal(await statusFor(boundTo, host), 200);
    for (const host of ["evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "", "10.0.0.1"]) {
      assert.equal(await statusFor(boundTo, host), 403, host);
    }
  }
});

test("refuseForeignHosts lets every name pass on an address that others reach", async () => {
  assert.equal(await statusFor("0.0.0.0", "farm.example:8000"), 200);
});
