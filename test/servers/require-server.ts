/** A suite whose server is missing is skipped and says why, or fails where servers are required. */

import process from "node:process";
import { test } from "node:test";

/** Gives the server, or undefined after putting one test in its suite's place that says what is missing. */
export function requireServer<Server extends object>(suite: string, found: Server | { readonly missing: string }): Server | undefined {
  if (!("missing" in found)) return found;
  const reason = found.missing as string;
  if (process.env.FEMTOQ_REQUIRE_SERVERS === "1") {
    test(suite, () => {
      throw new Error(`FEMTOQ_REQUIRE_SERVERS=1, but there is ${reason}`);
    });
  } else {
    test(suite, { skip: reason }, () => undefined);
  }
  return undefined;
}
