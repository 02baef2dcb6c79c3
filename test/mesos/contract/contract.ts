import { testCalls } from "./calls.ts";
import { testExecutors } from "./executors.ts";
import { testFailover } from "./failover.ts";
import { testOffers } from "./offers.ts";
import { testTasks } from "./tasks.ts";
import type { TestedMesos } from "./tested-mesos.ts";

/** What every Mesos must do, in the order in which the tests run: the last one loses an agent for good. */
export function testContract(mesos: TestedMesos): void {
  testCalls(mesos);
  testOffers(mesos);
  testTasks(mesos);
  testExecutors(mesos);
  testFailover(mesos);
}
