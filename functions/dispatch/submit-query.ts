/**
 * What happens to a POST of a query, from top to bottom: plan, recall, admit, store, follow, queue, answer. Everything that an accepted query needs is stored,
 * under way or queued, and survives a crash. A query that is refused, for its content or because there is too much to do, is neither queued nor listed. A
 * client that disconnects before the answer stays interested in what was queued for it, since it may have asked again, here or at another dispatcher.
 */
import type { Context } from "hono";
import { pause } from "../../base/pause.ts";
import type { Dataset } from "../../datasets/dataset.ts";
import type { StoredPlan } from "../../storage/store.ts";
import { isEnded, type Submission } from "../api.ts";
import type { Environment, HostBindings } from "../environment.ts";
import { boundWait } from "../http/bounded-wait.ts";
import { stoppedByClient } from "../http/problem.ts";
import type { Meter } from "../metrics/meter.ts";
import { answerFollowed, type Format } from "./answer/answer-format.ts";
import type { Asker, Dispatcher } from "./dispatcher.ts";
import { type FollowedQuery, waitForEnd } from "./follow/followed-query.ts";
import { countSubtasks, placesOf, planBytes, type QueryPlan } from "./plan/plan-query.ts";
import { storeMissing } from "./plan/store-missing.ts";
import { Crowded } from "./queries-under-way.ts";
import { queueRest } from "./queue-rest.ts";

interface Submitter extends Pick<Asker, "client"> {
  /**
   * Returns a signal that aborts when the client disconnects. It is a function because on Node the host makes a whole request for it, so it must not be read
   * before it is needed. It is not a getter, because V8 makes a hidden class for each object that is written with one, and these outlive the request.
   */
  readonly gone: () => AbortSignal;
  readonly traceParent: string | undefined;
  /** Called before anything is queued. Throws if the client would have to wait for the answer and too many clients do. */
  readonly enter: () => void;
}

export interface Accepted {
  readonly followed: FollowedQuery;
  readonly submission: Submission;
  readonly dataset: Dataset;
}

export interface SubmitOptions {
  /** The seconds to wait for the query's end before the answer. */
  readonly wait: number;
  readonly format: Format;
}

/** The milliseconds between checks whether a query of a crowded address may be admitted now. */
const crowdedPause = 200;
/** After this many checks the query is tried again in any case, since its result may be stored by now. */
const looksBetweenTries = 10;
/** The partials of a plan of at most so many subtasks are looked up while its programs are compiled. */
const mostEarly = 1_000;
/** The milliseconds between looks at a dataset that is still being made. */
const lookEvery = 100;

/** Answers a POST whose body `text` is a query as JSON. Throws `QueryError` or `HttpProblem`. */
export async function submitQuery(c: Context<Environment>, text: string, { wait, format }: SubmitOptions): Promise<Response> {
  return await runQuery(c, text, wait, (accepted) => answer(c, accepted, format));
}

/** Accepts a query, waits at most `wait` seconds for its end, and returns what `use` makes of it then. Throws as `submitQuery` does. */
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
      retryWhileCrowded(() => acceptQuery(dispatcher, text, submitter), {
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

/** Tries again while the client's address is crowded, for at most `patience` milliseconds. Nothing is held meanwhile. */
async function retryWhileCrowded<T>(
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
  const { services, planLocks, programLocks, plans, results, underWay, code } = dispatcher;
  const { name: client, interest, address } = submitter.client;

  // Plan: parse and check the text, and plan its programs over the present partitions of the dataset.
  const planned = await dispatcher.planned.get(text);
  const { plan, dataset, checked } = planned;
  const programs = checked.programs.map(({ program }) => program);

  // Recall: if the result is in memory or stored, nothing else is needed.
  const recalled = await recall(dispatcher, planned);
  if (recalled) return { followed: recalled, submission: allStored(plan), dataset };
  using _lock = await planLocks.acquire(plan.planKey, submitter.gone());
  if (submitter.gone().aborted) throw stoppedByClient();
  const { id } = planned.query;
  await (await plans.find(plan.planKey))?.saved();
  const [known, hasPlan, result] = await Promise.all([
    services.store.getQuery(id),
    services.store.hasPlan(plan.planKey),
    results.find({ plan, programs }),
  ]);
  const query = known ?? { ...planned.query, created: Date.now() };
  if (result) {
    if (!hasPlan) {
      const { store } = services;
      await (await storeMissing(planned, { store, code, programLocks, hasPlan, gone: submitter.gone() })).stored;
    }
    if (!known) await services.store.putQuery(query);
    return { followed: { query, ...result }, submission: allStored(plan), dataset };
  }

  // Admit: get a ticket, which frees the query's place unless the query is accepted. Throws if there are too many.
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

  // Store: save all that nodes need, before they hear of the query or in the same order. A program whose code is too large is refused before.
  // The partials of a short plan are looked up meanwhile. One that is stored after that is found by the node that claims its subtask.
  const isShort = !store.keepsOrder && countSubtasks(plan) <= mostEarly;
  const early = isShort ? store.findPartials([...(await placesOf(plan)).keys()]) : undefined;
  early?.catch(() => undefined);
  const { stored } = await storeMissing(planned, { store, code, programLocks, hasPlan, gone: submitter.gone() });

  // Follow: from now on, hear every event of the plan's subtasks. Forget first what was followed here if another dispatcher has purged it.
  if (!hasPlan || (programs[0]!.rows && (await hasLostPartials(dispatcher, plan.planKey)))) await plans.forgetIdle(plan.planKey);
  const progress = await plans.follow({ plan, programs }, query);

  // Queue every partition that has no stored partial. Some of them may be under way for others already.
  using queueing = progress.beginQueueing(query, interest);
  const [found] = await Promise.all([early ?? store.findPartials(progress.partitions.keys), store.keepsOrder || stored]);
  progress.partitions.takeStored(found);
  const submission = await queueRest(plan, {
    found,
    client: interest,
    query,
    progress,
    isKnown: known !== undefined,
    stored,
    services: ticket.services,
  });
  const followed = { query, plan, programs, progress };
  queueing.accept();
  ticket.accept(followed);
  services.log.info({ query: query.id, dataset: dataset.name, client, ...submission }, "query accepted");
  return { followed, submission, dataset };
}

/** Finds a result in memory, in which case only the query is requested from the store. */
async function recall({ results, services }: Dispatcher, { plan, query: { id } }: QueryPlan): Promise<FollowedQuery | undefined> {
  const result = results.recall(plan.planKey);
  if (!result) return undefined;
  const query = await services.store.getQuery(id);
  if (query) return { query, ...result };
  // The query is stored under no such id: it has a new name, or another dispatcher has purged it.
  results.forget(plan.planKey);
  return undefined;
}

/**
 * Whether the store has lost partials of a plan that was followed to its end here. Rows are read from partials, which the store may not keep as long as
 * results.
 */
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
  // There is no environment if a test calls the functions without a host.
  (c.env as HostBindings | undefined)?.leaveLimit?.();
  // The wait ends when the client disconnects.
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
