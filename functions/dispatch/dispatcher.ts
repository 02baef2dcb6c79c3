/**
 * What a dispatcher keeps: it takes queries in (`submit-query.ts`), reuses what the store has, queues the rest and tells how far they are. All of
 * this is derived from store and coordinator and bounded: another dispatcher, or this one after a restart, answers the same.
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
  /** What programs were compiled to lately. */
  readonly code: CodeCache;
  readonly results: StoredResults;
  readonly plans: FollowedPlans;
  readonly countInterest: CountInterest;
  readonly underWay: QueriesUnderWay;
  readonly statuses: WrittenStatuses;
  /** By the plan's key: submissions, withdrawals, purges and retries of one plan come one after the other. */
  readonly planLocks: KeyedLock;
}

/** Who asks for something to be done to a query. */
export interface Asker {
  readonly client: Client;
  /** Aborts when the client goes. */
  readonly gone: AbortSignal;
}

/** Bytes of all plans that are kept in memory though nothing of them is under way, and as many of results. */
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
  };
}
