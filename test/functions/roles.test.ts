import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../functions/app.ts";
import { roleNames, roles, type ServedPart } from "../../functions/roles.ts";
import { openApp } from "../support/open-app.ts";

const paths: Readonly<Record<ServedPart, string>> = {
  compute: "/compute",
  queries: "/queries",
  datasets: "/datasets",
  functions: "/functions",
  page: "/",
};

test("createApp serves what the table of roles says, its health and metrics, and names the role where something else is asked for", async (t) => {
  const app = await openApp(t);
  for (const role of roleNames) {
    const functions = createApp({ ...app.services, role });
    assert.equal((await functions.request("/healthz")).status, 200);
    for (const [part, path] of Object.entries(paths) as [ServedPart, string][]) {
      const answer = await functions.request(path, { method: part === "compute" ? "POST" : "GET" });
      if (roles[role].serves.includes(part)) assert.notEqual(answer.status, 404, `${role} ${path}`);
      else {
        assert.equal(answer.status, 404, `${role} ${path}`);
        const { detail } = (await answer.json()) as { detail: string };
        assert.match(
          detail,
          roles[role].elsewhere === "" ? /^There is no POST \/compute\.$/ : new RegExp(`this process has the role ${role}`),
        );
      }
    }
  }
});
