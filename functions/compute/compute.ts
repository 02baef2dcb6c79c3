/**
 * The compute function over HTTP. It passes a request's JSON to the executor of this process and answers with the outcomes in binary
 * (`docs/partial-format.md`). The answer tells which subtasks failed; a problem document says that the request as a whole cannot be served.
 *
 * It is called by nodes with a `--compute-url`. Users reach these only through the queue of subtasks, with its turns and limits. So it only serves this
 * machine and callers with this process's secret. The number of requests at a time is bounded, and so are the bytes of all their partials.
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { usualLimits } from "../admission/limits.ts";
import type { Environment } from "../environment.ts";
import { HttpProblem, stoppedByClient } from "../http/problem.ts";
import { readJson } from "../http/read-body.ts";
import { isFromThisMachine, showsSecret } from "../http/this-machine.ts";
import { encodeOutcomes, outcomesType } from "./encode-outcomes.ts";
import { mostPairs, mostPrograms } from "./executor.ts";

export const compute = new Hono<Environment>();

const hash = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal");
const once = <T>(items: readonly T[]) => new Set(items).size === items.length;
const request = z
  .strictObject({
    programs: z.array(hash).min(1).max(mostPrograms).refine(once, "must name each program once"),
    dataset: z.string().min(1).max(200),
    partitions: z
      .array(z.strictObject({ partition: z.int().min(0), fingerprint: hash }))
      .min(1)
      .max(mostPairs)
      .refine((all) => once(all.map(({ fingerprint }) => fingerprint)), "must name each partition once"),
  })
  .refine(({ programs, partitions }) => programs.length * partitions.length <= mostPairs, {
    error: `at most ${mostPairs} programs × partitions are computed at a time`,
  });

/** The most bytes of the partials of all requests together. While an answer is made, its partials are in memory twice. */
const mostBytes = 128 * 2 ** 20;

compute.post("/", async (c) => {
  await requirePermission(c);
  const { admission, client, services } = c.var;
  using _place = admission.computations.enter(client);
  const parsed = request.safeParse(await readJson(c));
  if (!parsed.success) throw new HttpProblem(400, "bad-request", `The request cannot be read: ${z.prettifyError(parsed.error)}`);
  const { signal } = c.req.raw;
  const { computations } = services.limits ?? usualLimits;
  const outcomes = await services.executor!.run(parsed.data, {
    signalOf: () => signal,
    payerOf: () => ({ client: client.name, priority: 500 }),
    mostBytes: mostBytes / computations,
  });
  if (signal.aborted) throw stoppedByClient();
  return c.body(await encodeOutcomes(outcomes), 200, { "content-type": outcomesType });
});

async function requirePermission(c: Context<Environment>): Promise<void> {
  const { computeSecret } = c.var.services;
  if (isFromThisMachine(c) || (await showsSecret(c, computeSecret))) return;
  const how = computeSecret === undefined ? "; start this process with --compute-secret to open it" : " with --compute-secret";
  throw new HttpProblem(403, "not-permitted", `The compute function serves nodes on this machine, and others that show its secret${how}.`);
}
