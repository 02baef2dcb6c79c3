/**
 * The compute function over HTTP: a request's JSON to the executor of this process, and the outcomes back as one binary answer (`docs/partial-format.md`).
 * What cannot be computed is told inside the answer; a problem document says that the request as a whole cannot be served.
 */
import { Hono } from "hono";
import { z } from "zod";
import type { Environment } from "../environment.ts";
import { HttpProblem } from "../http/problem.ts";
import { readJson } from "../http/read-body.ts";
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

compute.post("/", async (c) => {
  const parsed = request.safeParse(await readJson(c));
  if (!parsed.success) throw new HttpProblem(400, "bad-request", `The request cannot be read: ${z.prettifyError(parsed.error)}`);
  const { signal } = c.req.raw;
  const outcomes = await c.var.services.executor!.run(parsed.data, { signalOf: () => signal });
  if (signal.aborted) throw new HttpProblem(503, "stopped", "The request was stopped by who made it.");
  return c.body(await encodeOutcomes(outcomes), 200, { "content-type": outcomesType });
});
