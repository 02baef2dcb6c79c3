/** `/queries`: ask, poll, follow, withdraw, retry, explain. */
import { type Context, Hono } from "hono";
import { isEnded, type Status } from "../api.ts";
import { boundWait } from "../http/bounded-wait.ts";
import { clientName } from "../http/client-name.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Environment, HostBindings } from "../services.ts";
import { answerStatus, chooseFormat } from "./answer/answer-format.ts";
import { listQueries, readListing } from "./answer/list-queries.ts";
import { streamEvents } from "./answer/stream-events.ts";
import type { Followed, Submission } from "./dispatcher.ts";
import { explainQuery } from "./plan/explain-query.ts";

export const queries = new Hono<Environment>();

/** Seconds that `Prefer: wait` may ask for. */
const longestWait = 600;

queries.post("/", async (c) => {
  const format = chooseFormat(c);
  const text = await c.req.text();
  const client = clientName(c);
  return submitAndAnswer(c, text, { client, wait: preferredWait(c), format });
});

/** Shared with the query functions: dispatches, waits as long as asked, answers. */
export async function submitAndAnswer(
  c: Context<Environment>,
  text: string,
  { client, wait, format }: { readonly client: string; readonly wait: number; readonly format: ReturnType<typeof chooseFormat> },
): Promise<Response> {
  const { dispatcher } = c.var;
  const { followed, submission, dataset } = await dispatcher.submit(text, { client, traceParent: c.req.header("traceparent") });
  c.set("queryId", followed.query.id);
  count(c, submission);
  if (wait > 0 && followed.progress) await waitForEnd(c, followed, { client, wait });
  c.header("location", `/queries/${followed.query.id}`);
  const written = dispatcher.write(followed);
  const httpStatus = isEnded(written) ? 200 : 202;
  if (format === "json") {
    const more = JSON.stringify({ ...(dataset.preparing && { preparing: dataset.preparing }), submission });
    return c.body(`${written.text.slice(0, -1)},${more.slice(1)}`, httpStatus, { "content-type": "application/json" });
  }
  return answerStatus(c, dispatcher.describe(followed), format, httpStatus);
}

async function waitForEnd(
  c: Context<Environment>,
  followed: Followed,
  { client, wait }: { readonly client: string; readonly wait: number },
) {
  const leave = c.var.admission.streams.enter(client);
  // Tests call the functions without a host.
  (c.env as HostBindings | undefined)?.leaveLimit?.();
  // Who has gone waits no longer.
  const waiting = boundWait(wait * 1000, c.req.raw.signal);
  try {
    await c.var.dispatcher.ended(followed, waiting.signal);
  } finally {
    waiting.end();
    leave();
  }
}

function count(c: Context<Environment>, { queued, joined }: Submission): void {
  c.var.services.meter?.count("femtoq_queries_total", queued > 0 ? "queued" : joined > 0 ? "joined" : "stored");
}

queries.post("/explain", async (c) => c.json(await explainQuery(c.var.dispatcher, c.var.services, await c.req.text())));

queries.get("/:id", async (c) => {
  const format = chooseFormat(c);
  const followed = await find(c);
  if (format === "json") return c.body(c.var.dispatcher.write(followed).text, 200, { "content-type": "application/json" });
  return answerStatus(c, c.var.dispatcher.describe(followed), format, 200);
});

queries.get("/:id/events", async (c) => streamEvents(c, c.var.dispatcher, await find(c)));

queries.get("/", async (c) => c.json(await listQueries(c.var.services, readListing(c.req.query()))));

queries.delete("/:id", async (c) => {
  const followed = await find(c);
  if (c.req.query("purge") !== undefined)
    return c.json({ id: followed.query.id, ...(await c.var.dispatcher.purge(followed, clientName(c))) });
  await c.var.dispatcher.withdraw(followed, clientName(c));
  return c.json(c.var.dispatcher.describe(followed));
});

queries.post("/:id/retry", async (c) => {
  const followed = await find(c);
  const retried = await c.var.dispatcher.retry(followed, clientName(c));
  const status = c.var.dispatcher.describe(followed);
  return c.json({ ...status, retried }, isEnded(status) ? 200 : 202);
});

function find(c: Context<Environment, "/:id">): Promise<Followed> {
  c.set("queryId", c.req.param("id").slice(0, 80));
  return c.var.dispatcher.find(c.req.param("id"));
}

/** `Prefer: wait=SECONDS` (RFC 7240). */
function preferredWait(c: Context): number {
  const preference = c.req.header("prefer")?.match(/(?:^|[,;\s])wait=([^,;\s]+)/i);
  if (!preference) return 0;
  const seconds = Number(preference[1]);
  if (!(seconds >= 0 && seconds <= longestWait))
    throw new HttpProblem(400, "bad-wait", `Prefer: wait takes 0 to ${longestWait} seconds, not '${preference[1].slice(0, 40)}'`);
  return seconds;
}
