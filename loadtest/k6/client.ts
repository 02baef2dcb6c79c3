/** HTTP to the server under test. */
import http, { type Params, type RefinedResponse } from "k6/http";
import type { Status as FullStatus } from "../../functions/api.ts";
import type { Answer } from "../queries/find-fault.ts";
import type { Failure } from "./metrics.ts";
import { serverUrls } from "./settings.ts";

export interface Status extends Answer, Pick<FullStatus, "id" | "partitions" | "submission"> {}

/** Any dispatcher can answer for any query; each virtual user stays with one. `setup` runs as user 0. */
const server = serverUrls[__VU % serverUrls.length]!;

/** The most seconds for which the server may hold back an answer until it is complete. */
const longestWait = 30;

/** Each virtual user has an address of its own, as a proxy tells it that the server trusts. */
const address = `10.${(__VU >> 16) & 255}.${(__VU >> 8) & 255}.${__VU & 255}`;

/** Each virtual user is a client of its own. It makes its parameters once, since k6 shares the processors with the server that it measures. */
const params = (name: string, headers: Record<string, string> = {}): Params => ({
  headers: { "content-type": "application/json", "femtoq-client": `load-${__VU}`, "x-forwarded-for": address, ...headers },
  tags: { name },
  timeout: `${longestWait + 5}s`,
});

const queries = `${server}/queries`;
const asking = params("POST /queries");
const waiting = params("POST /queries, wait", { prefer: `wait=${longestWait}` });

export const post = (body: string): RefinedResponse<"text"> => http.post(queries, body, asking);
export const postAndWait = (body: string): RefinedResponse<"text"> => http.post(queries, body, waiting);

const wrong = { ...params("POST /queries, bad"), responseCallback: http.expectedStatuses(400) };
export const postBadInput = (body: string): RefinedResponse<"text"> => http.post(queries, body, wrong);

const reading = params("GET /queries/ID");
export const getStatus = (id: string): RefinedResponse<"text"> => http.get(`${queries}/${id}`, reading);

const ending = params("DELETE /queries/ID");
export const withdraw = (id: string): RefinedResponse<"text"> => http.del(`${queries}/${id}`, null, ending);

export const readStatus = (response: RefinedResponse<"text">): Status => JSON.parse(response.body) as Status;

/** Why an answer counts as failed; undefined if its status is one of `right`. */
export function findFailure({ status, error, body, headers }: RefinedResponse<"text">, ...right: readonly number[]): Failure | undefined {
  if (right.includes(status)) return undefined;
  const refused = (status === 429 || status === 503) && headers["Retry-After"] !== undefined;
  return { text: `status ${status} ${error || (body ?? "").slice(0, 200)}`, refused };
}
