/**
 * The state of a dispatcher. It accepts queries (`submit-query.ts`), reuses what the store has, queues the rest and tells their progress. All its state
 * is derived from store and coordinator, and bounded; another dispatcher, or this one after a restart, gives the same answers.
 */
import type { CodeCache } from "../../engine/compile/alike/compile-alike.ts";
import type { Admission } from "../admission/admission.ts";
import type { Client } from "../admission/tally.ts";
import type { Services } from "../services.ts";
import { WrittenStatuses } from "./answer/written-statuses.ts";
import { type CountInterest, createInterestCounter } from "./follow/count-interest.ts";
import { FollowedPlans } from "./follow/followed-plans.ts";
import { StoredResults } from "./follow/stored-results.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { createCodeCache } from "./plan/code-cache.ts";
import { PlannedQueries } from "./plan/planned-queries.ts";
import { QueriesUnderWay } from "./queries-under-way.ts";

export interface Dispatcher {
  readonly services: Services;
  readonly planned: PlannedQueries;
  /** The code of recently compiled programs. */
  readonly code: CodeCache;
  readonly results: StoredResults;
  readonly plans: FollowedPlans;
  readonly countInterest: CountInterest;
  readonly underWay: QueriesUnderWay;
  readonly statuses: WrittenStatuses;
  /** Locks by plan key, so that submissions, withdrawals, purges and retries of one plan happen one after another. */
  readonly planLocks: KeyedLock;
  /** Locks by program key, for those that store a program (`plan/store-missing.ts`). */
  readonly programLocks: KeyedLock;
}

/** The client that asks for an action on a query. */
export interface Asker {
  readonly client: Client;
  /** Aborts when the client goes. */
  readonly gone: AbortSignal;
}

/** The most bytes of plans in memory of which nothing is under way, and the most bytes of results in memory. */
const mostBytes = 96_000_000;

export function createDispatcher(services: Services, admission: Admission): Dispatcher {
  const { store, coordinator, log, meter } = services;
  const countInterest = createInterestCounter(coordinator);
  return {
    services,
    planned: new PlannedQueries(services),
    code: createCodeCache(),
    results: new StoredResults(services, { mostBytes }),
    plans: new FollowedPlans({ store, coordinator, log, countInterest, ...(meter && { meter }) }, { mostBytes }),
    countInterest,
    underWay: new QueriesUnderWay(services, admission),
    statuses: new WrittenStatuses(services.notReady),
    planLocks: new KeyedLock(),
    programLocks: new KeyedLock(),
  };
}
