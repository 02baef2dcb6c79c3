/**
 * The compute function: one program over one partition. Takes names and numbers, gives an encoded partial
 * (`docs/partial-format.md`), and in `Server-Timing` where the time went. Problems of status 422 will not mend by themselves; 503 may.
 */
import { Hono } from "hono";
import { z } from "zod";
import { HttpProblem } from "../http/problem.ts";
import { readJson } from "../http/read-body.ts";
import type { Environment } from "../services.ts";
import { type ComputeTiming, writeServerTiming } from "./timing.ts";

export const compute = new Hono<Environment>();

const hash = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal");
const request = z.strictObject({ program: hash, dataset: z.string().min(1).max(200), partition: z.int().min(0), fingerprint: hash });

compute.post("/", async (c) => {
  const parsed = request.safeParse(await readJson(c));
  if (!parsed.success) throw new HttpProblem(400, "bad-request", `The subtask cannot be read: ${z.prettifyError(parsed.error)}`);
  const { program, ...task } = parsed.data;
  const { signal } = c.req.raw;
  try {
    const onTimed = (timing: ComputeTiming) => c.header("server-timing", writeServerTiming(timing));
    const partial = await c.var.services.executor!.run({ programKey: program, ...task }, { signal, onTimed });
    return c.body(partial, 200, { "content-type": "application/vnd.femtoq.partial" });
  } catch (error) {
    if (signal.aborted) throw new HttpProblem(503, "stopped", "The subtask was stopped by who asked for it.");
    throw error;
  }
});
