/** Builds one Hono app of all functions over the given services. */
import { Hono } from "hono";
import { createAdmission } from "./admission/admission.ts";
import { compute } from "./compute/compute.ts";
import { datasets } from "./datasets/datasets.ts";
import { createDispatcher } from "./dispatch/dispatcher.ts";
import { queries } from "./dispatch/queries.ts";
import type { Environment } from "./environment.ts";
import { answerError } from "./http/answer-error.ts";
import { identifyClient } from "./http/identify-client.ts";
import { answerProblem, HttpProblem } from "./http/problem.ts";
import { refuseCrossSite } from "./http/refuse-cross-site.ts";
import { observeRequests } from "./metrics/observe-requests.ts";
import { page } from "./page/page.ts";
import { queryFunctions } from "./query-functions/routes.ts";
import { roles, type ServedPart } from "./roles.ts";
import type { Services } from "./services.ts";
import { status } from "./status/status.ts";

const mount: Readonly<Record<ServedPart, (app: Hono<Environment>) => void>> = {
  compute: (app) => app.route("/compute", compute),
  queries: (app) => app.route("/queries", queries),
  datasets: (app) => app.route("/datasets", datasets),
  functions: (app) => app.route("/functions", queryFunctions),
  page: (app) => app.route("/", page),
};

export function createApp(services: Services): Hono<Environment> {
  const app = new Hono<Environment>();
  const { role, limits, meter } = services;
  const admission = createAdmission({ limits, meter });
  meter?.gauge("femtoq_event_streams", () => admission.streams.size);
  const dispatcher = createDispatcher(services, admission);
  app.use(async (c, next) => {
    c.set("services", services);
    c.set("dispatcher", dispatcher);
    c.set("admission", admission);
    await next();
  });
  app.use(observeRequests);
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("x-content-type-options", "nosniff");
  });
  app.use(refuseCrossSite);
  app.use(identifyClient);
  app.onError(answerError);
  app.notFound((c) => answerProblem(describeNotFound(c.req.method, c.req.path)));
  app.route("/", status);
  for (const part of roles[role].serves) {
    // Without an executor, this process computes nothing, or a compute function at a URL does it.
    if (part !== "compute" || services.executor) mount[part](app);
  }
  const findMethods = createMethodFinder(app);
  return app;

  function describeNotFound(method: string, path: string): HttpProblem {
    const methods = findMethods(path);
    if (methods.length === 0) return new HttpProblem(404, "not-found", `There is no ${method} ${path}${roles[role].elsewhere}.`);
    const allow = methods.join(", ");
    return new HttpProblem(405, "bad-method", `${path} takes ${allow}, not ${method}.`, [], { allow });
  }
}

/** Finds which methods a path is served with, so that a wrong one is told from a path that does not exist. */
function createMethodFinder(app: Hono<Environment>): (path: string) => readonly string[] {
  const routes = app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => ({ method, pattern: toPattern(path) }));
  return (path) => {
    const methods = new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  };
}

function toPattern(path: string): RegExp {
  const parts = path.split("/").map((part) => {
    if (part === "*") return ".*";
    if (part.startsWith(":")) return "[^/]+";
    return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("/")}$`);
}
