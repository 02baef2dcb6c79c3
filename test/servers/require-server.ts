/** A suite whose server is missing is skipped and says why, or fails where servers are required. */

import process from "node:process";
import { test } from "node:test";

/** Returns the server. If it is missing, returns undefined, after adding one test in place of the suite that tells what is missing. */
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
