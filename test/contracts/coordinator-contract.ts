/** What every form of the coordinator must do: run by the tests of each form. */
import { checkAttempts } from "./coordinator/attempts.ts";
import { checkBundles } from "./coordinator/bundles.ts";
import { checkClaims } from "./coordinator/claims.ts";
import { createCheck, type OpenCoordinator } from "./coordinator/harness.ts";
import { checkInterest } from "./coordinator/interest.ts";
import { checkLocality } from "./coordinator/locality.ts";
import { checkNewcomers } from "./coordinator/newcomers.ts";
import { checkOrder } from "./coordinator/order.ts";
import { checkRecovery } from "./coordinator/recovery.ts";

export function describeCoordinator(name: string, open: OpenCoordinator): void {
  const check = createCheck(name, open);
  checkClaims(check);
  checkBundles(check);
  checkOrder(check);
  checkNewcomers(check);
  checkLocality(check);
  checkInterest(check);
  checkAttempts(check);
  checkRecovery(check);
}
