/** All functions as one Hono app over the services it is given. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compute } from "./compute/compute.ts";
import { datasets } from "./datasets/datasets.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { queries } from "./dispatch/queries.ts";
import { page } from "./page/page.ts";
import { answerError, answerProblem, HttpProblem } from "./problem.ts";
import { queryFunctions } from "./query-functions/routes.ts";
import { largestBody } from "./read-body.ts";
import type { Environment, Services } from "./services.ts";
import { status } from "./status/status.ts";

export function createApp(services: Services): Hono<Environment> {
  const app = new Hono<Environment>();
  const dispatcher = new Dispatcher(services);
  const limit = bodyLimit({
    maxSize: largestBody,
    onError: () => answerProblem(new HttpProblem(413, "too-large", `A request's body may have at most ${largestBody} bytes.`)),
  });
  app.use(async (c, next) => {
    c.set("services", services);
    c.set("dispatcher", dispatcher);
    refuseOtherOrigins(c.req.header("origin"), c.req.header("host"));
    await next();
    c.header("x-content-type-options", "nosniff");
  });
  app.use(limit);
  app.onError(answerError);
  app.notFound((c) => answerProblem(new HttpProblem(404, "not-found", `There is no ${c.req.method} ${c.req.path}.`)));
  app.route("/queries", queries);
  app.route("/datasets", datasets);
  app.route("/functions", queryFunctions);
  app.route("/compute", compute);
  app.route("/", status);
  app.route("/", page);
  return app;
}

/** Pages of other sites may not ask in the name of somebody who happens to look at them. */
function refuseOtherOrigins(origin: string | undefined, host: string | undefined): void {
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) return;
  throw new HttpProblem(403, "other-origin", `Requests from pages of ${origin.slice(0, 200)} are not answered.`);
}
