/** `/metrics`: what this process measured, for Prometheus; on every role. */
import { Hono } from "hono";
import type { Environment } from "../environment.ts";
import { HttpProblem } from "../http/problem.ts";
import { metricsType } from "./meter.ts";

export const metricsRoutes = new Hono<Environment>();

metricsRoutes.get("/metrics", async (c) => {
  const { meter } = c.var.services;
  if (!meter) throw new HttpProblem(404, "not-found", "This process measures nothing.");
  return c.body(await meter.write(), 200, { "content-type": metricsType });
});
