/** The state of this process and its cluster, served by processes of every role. */
import { Hono } from "hono";
import type { Demand, Node } from "../../coordination/coordinator.ts";
import { countSubtasks } from "../../coordination/queue/demand.ts";
import type { Environment } from "../environment.ts";
import { HttpProblem } from "../http/problem.ts";
import { metricsType } from "../metrics/meter.ts";

export const status = new Hono<Environment>();

status.get("/healthz", (c) => c.json({ status: "alive" }));

status.get("/readyz", (c) => {
  const reasons = c.var.services.notReady();
  return reasons.length === 0 ? c.json({ status: "ready", reasons }) : c.json({ status: "not ready", reasons }, 503);
});

status.get("/nodes", async (c) => {
  const { coordinator, store } = c.var.services;
  const [nodes, supply, demand, usage] = await Promise.all([
    coordinator.nodes(),
    coordinator.supply(),
    coordinator.demand(),
    store.usage(),
  ]);
  return c.json({
    nodes: nodes.map(describeNode),
    ...(supply && { supply }),
    subtasks: countSubtasks(demand),
    demand: demand.map(describeDemand),
    store: usage,
  });
});

/** The metrics of this process, in Prometheus's text format. */
status.get("/metrics", async (c) => {
  const { meter } = c.var.services;
  if (!meter) throw new HttpProblem(404, "not-found", "This process measures nothing.");
  return c.body(await meter.write(), 200, { "content-type": metricsType });
});

const describeDemand = ({ since, ...demand }: Demand) => ({
  ...demand,
  ...(since !== undefined && { since: new Date(since).toISOString() }),
});

const describeNode = ({ id, host, threads, cacheBytes, cacheLimit, running, done, failed, since, task, quarantined }: Node) => ({
  id,
  host,
  threads,
  cacheBytes,
  cacheLimit,
  running,
  done,
  failed,
  since: new Date(since).toISOString(),
  ...(task !== undefined && { task }),
  ...(quarantined && { quarantined: { ...quarantined, until: new Date(quarantined.until).toISOString() } }),
});
