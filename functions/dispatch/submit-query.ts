/**
 * What happens to a POST of a query, from top to bottom: plan, recall, admit, store, follow, queue, answer. When a query is accepted, what it needs is
 * stored, under way or queued, and survives a crash. A query that is refused, for what it asks or because there is too much to do, is neither queued
 * nor listed. A client that goes before the answer stays interested in what was queued for it: it may have asked again, here or at another dispatcher.
 */
import type { Context } from "hono";
import { pause } from "../../base/pause.ts";
import type { Dataset } from "../../datasets/dataset.ts";
import type { Store, StoredPlan, StoredProgram } from "../../storage/store.ts";
import { isEnded, type Submission } from "../api.ts";
import type { Environment, HostBindings } from "../environment.ts";
import { boundWait } from "../http/bounded-wait.ts";
import { stoppedByClient } from "../http/problem.ts";
import type { Meter } from "../metrics/meter.ts";
import { answerFollowed, type Format } from "./answer/answer-format.ts";
import type { Asker, Dispatcher } from "./dispatcher.ts";
import { type FollowedQuery, waitForEnd } from "./follow/followed-query.ts";
import { compileMissing } from "./plan/compile-missing.ts";
import { countSubtasks, planBytes, type QueryPlan } from "./plan/plan-query.ts";
import { Crowded } from "./queries-under-way.ts";
import { queueRest } from "./queue-rest.ts";

interface Submitter extends Pick<Asker, "client"> {
  /**
   * Aborts when the client goes. On Node, the host makes a whole request for it, so it is not asked for before it is needed. Not a getter: V8 makes a class of
   * objects for each object that is written with one, and these outlive the request.
   */
  readonly gone: () => AbortSignal;
  readonly traceParent: string | undefined;
  /** Called before anything is queued. Throws where the client would have to wait for the answer, and too many do. */
  readonly enter: () => void;
}

export interface Accepted {
  readonly followed: FollowedQuery;
  readonly submission: Submission;
  readonly dataset: Dataset;
}

export interface SubmitOptions {
  /** Seconds to wait for the query's end before the answer. */
  readonly wait: number;
  readonly format: Format;
}

/** Milliseconds between looks whether a query of one of many clients of one address may be taken in now. */
const crowdedPause = 200;
/** After so many looks it is tried all the same: its result may be stored by now. */
const looksBetweenTries = 10;
/** Milliseconds between looks at a dataset that is still being made. */
const lookEvery = 100;

/** `text`: the query as JSON. Throws `QueryError` or `HttpProblem`. */
export async function submitQuery(c: Context<Environment>, text: string, { wait, format }: SubmitOptions): Promise<Response> {
  return await runQuery(c, text, wait, (accepted) => answer(c, accepted, format));
}

/** Accepts a query, waits for its end so many seconds, and gives what is made of it then. Throws as `submitQuery`. */
export async function runQuery<Result>(
  c: Context<Environment>,
  text: string,
  wait: number,
  use: (accepted: Accepted) => Result | Promise<Result>,
): Promise<Result> {
  const { dispatcher, client, services, admission } = c.var;
  let place: Disposable | undefined;
  const submitter: Submitter = {
    client,
    traceParent: c.req.header("traceparent"),
    gone: () => c.req.raw.signal,
    enter() {
      if (wait > 0) place ??= admission.streams.enter(client);
    },
  };
  try {
    const accept = () =>
      insist(() => acceptQuery(dispatcher, text, submitter), {
        patience: admission.crowdPatience,
        gone: submitter.gone,
        meter: services.meter,
      });
    let accepted = await accept();
    const { followed, submission } = accepted;
    c.set("queryId", followed.query.id);
    services.meter?.count("femtoq_queries_total", submission.queued > 0 ? "queued" : submission.joined > 0 ? "joined" : "stored");
    if (wait > 0 && (followed.progress || accepted.dataset.preparing)) {
      submitter.enter();
      accepted = await waitAsAsked(c, accepted, { wait, accept });
    }
    return await use(accepted);
  } finally {
    place?.[Symbol.dispose]();
  }
}

/** Tries again where many clients of the address have queries under way, for so many milliseconds. Nothing is held meanwhile. */
async function insist<T>(
  accept: () => Promise<T>,
  { patience, gone, meter }: { readonly patience: number; readonly gone: Submitter["gone"]; readonly meter: Meter | undefined },
): Promise<T> {
  for (const begun = performance.now(); ; ) {
    try {
      return await accept();
    } catch (error) {
      if (!(error instanceof Crowded)) throw error;
      for (let looks = 0; looks === 0 || (looks < looksBetweenTries && error.isStill()); looks++) {
        if (performance.now() - begun >= patience) {
          meter?.count("femtoq_refused_total", "wait");
          throw error;
        }
        await pause(crowdedPause, gone());
        if (gone().aborted) throw stoppedByClient();
      }
    }
  }
}

async function acceptQuery(dispatcher: Dispatcher, text: string, submitter: Submitter): Promise<Accepted> {
  const { traceParent } = submitter;
  const { services, planLocks, plans, results, underWay, code } = dispatcher;
  const { name: client, interest, address } = submitter.client;

  // Plan: the text is read and checked, and its program laid over the dataset's partitions as they are now.
  const planned = await dispatcher.planned.get(text);
  const { plan, dataset, checked } = planned;
  const programs = checked.programs.map(({ program }) => program);

  // Recall: where the result is in memory, or stored, nothing else is needed.
  const recalled = await recall(dispatcher, planned);
  if (recalled) return { followed: recalled, submission: allStored(plan), dataset };
  using _lock = await planLocks.acquire(plan.planKey, submitter.gone());
  if (submitter.gone().aborted) throw stoppedByClient();
  const { id } = planned.query;
  const [known, hasPlan, result] = await Promise.all([
    services.store.getQuery(id),
    services.store.hasPlan(plan.planKey),
    results.find({ plan, programs }),
  ]);
  const query = known ?? { ...planned.query, created: Date.now() };
  if (result) {
    if (!hasPlan) await storePlan(planned, await compileMissing(planned, { store: services.store, code }), services.store);
    if (!known) await services.store.putQuery(query);
    return { followed: { query, ...result }, submission: allStored(plan), dataset };
  }

  // Admit: the query gets a ticket, which gives its place back unless the query is accepted. Throws where there are too many.
  submitter.enter();
  using ticket = underWay.admit({
    id: query.id,
    client,
    address,
    priority: query.query.priority,
    planBytes: planBytes({ plan, programs }),
    traceParent,
  });
  const { store } = ticket.services;

  // Store: all that nodes need, before they hear of it. What cannot be compiled, because its code is too large, is refused before.
  const compiled = await compileMissing(planned, { store, code });
  const stored = storePlan(hasPlan ? undefined : planned, compiled, store);
  // That it failed is heard below, unless something else fails before.
  stored.catch(() => undefined);

  // Follow: from now on every event of the plan's subtasks is heard. Another dispatcher may have purged what was followed here.
  if (!hasPlan || (programs[0]!.rows && (await hasLostPartials(dispatcher, plan.planKey)))) await plans.forgetIdle(plan.planKey);
  const progress = await plans.follow({ plan, programs }, query);

  // Queue: every partition that has no stored partial. Some may be under way for others already.
  using queueing = progress.beginQueueing(query, interest);
  const [found] = await Promise.all([store.findPartials(progress.partitions.keys), stored]);
  progress.partitions.takeStored(found);
  const submission = await queueRest(plan, {
    found,
    client: interest,
    query,
    progress,
    isKnown: known !== undefined,
    services: ticket.services,
  });
  const followed = { query, plan, programs, progress };
  queueing.accept();
  ticket.accept(followed);
  services.log.info({ query: query.id, dataset: dataset.name, client, ...submission }, "query accepted");
  return { followed, submission, dataset };
}

async function storePlan(planned: QueryPlan | undefined, programs: readonly StoredProgram[], store: Pick<Store, "putProgram" | "putPlan">) {
  await Promise.all([...programs.map((program) => store.putProgram(program)), planned && store.putPlan(planned.plan)]);
}

/** Finds a result in memory; then the store is asked for nothing but the query. */
async function recall({ results, services }: Dispatcher, { plan, query: { id } }: QueryPlan): Promise<FollowedQuery | undefined> {
  const result = results.recall(plan.planKey);
  if (!result) return undefined;
  const query = await services.store.getQuery(id);
  if (query) return { query, ...result };
  // The query has a name that is new, or another dispatcher has purged it.
  results.forget(plan.planKey);
  return undefined;
}

/** Of a plan that was followed to its end here: rows are read from its partials, which the store may not keep as long. */
async function hasLostPartials({ plans, services }: Dispatcher, planKey: string): Promise<boolean> {
  const { partitions } = (await plans.find(planKey)) ?? {};
  if (!partitions?.isFinished) return false;
  const found = await services.store.findPartials(partitions.keys);
  return found.size + partitions.failures.size < partitions.keys.length;
}

function allStored(plan: StoredPlan): Submission {
  const length = countSubtasks(plan);
  return { total: length, stored: length, joined: 0, queued: 0 };
}

/** Waits for the query's end. Over a dataset that is still being made, it is asked again as soon as the dataset is complete. */
async function waitAsAsked(
  c: Context<Environment>,
  first: Accepted,
  { wait, accept }: { readonly wait: number; readonly accept: () => Promise<Accepted> },
): Promise<Accepted> {
  // There is no environment where a test calls the functions without a host.
  (c.env as HostBindings | undefined)?.leaveLimit?.();
  // A client that has gone waits no longer.
  using waiting = boundWait(wait * 1000, c.req.raw.signal);
  const { signal } = waiting;
  let { dataset } = first;
  await waitForEnd(first.followed, signal);
  while (dataset.preparing && !signal.aborted) {
    await pause(lookEvery, signal);
    dataset = (await c.var.services.catalogue.get(dataset.name)) ?? first.dataset;
    if (dataset.preparing) continue;
    const accepted = await accept();
    await waitForEnd(accepted.followed, signal);
    return accepted;
  }
  return first;
}

/** Answers with the status, and in JSON also with how much was stored, joined and queued. */
async function answer(c: Context<Environment>, { followed, submission, dataset }: Accepted, format: Format): Promise<Response> {
  const { state, text } = c.var.dispatcher.statuses.get(followed);
  const httpStatus = isEnded({ state }) ? 200 : 202;
  c.header("location", `/queries/${followed.query.id}`);
  if (format !== "json") return answerFollowed(c, followed, format, httpStatus);
  const more = JSON.stringify({ ...(dataset.preparing && { preparing: dataset.preparing }), submission });
  return c.body(`${text.slice(0, -1)},${more.slice(1)}`, httpStatus, { "content-type": "application/json" });
}
