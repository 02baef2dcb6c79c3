/** HTTP to the server under test. */
import exec from "k6/execution";
import http, { type Params, type RefinedResponse } from "k6/http";
import type { Status as FullStatus } from "../../functions/api.ts";
import type { Answer } from "../queries/find-fault.ts";
import type { Failure } from "./metrics.ts";
import { serverUrls } from "./settings.ts";

export interface Status extends Answer, Pick<FullStatus, "id" | "partitions" | "submission"> {}

/** Any dispatcher can answer for any query; each virtual user stays with one. `setup` has no number. */
const server = (): string => serverUrls[(exec.vu.idInTest || 0) % serverUrls.length]!;

/** Seconds that the server may hold an answer back for it to be complete. */
const longestWait = 30;

/** Each virtual user is a client of its own. */
const params = (name: string, headers: Record<string, string> = {}): Params => ({
  headers: { "content-type": "application/json", "femtoq-client": `load-${exec.vu.idInTest}`, ...headers },
  tags: { name },
  timeout: `${longestWait + 5}s`,
});

export const post = (body: string): RefinedResponse<"text"> => http.post(`${server()}/queries`, body, params("POST /queries"));

export const postAndWait = (body: string): RefinedResponse<"text"> =>
  http.post(`${server()}/queries`, body, params("POST /queries, wait", { prefer: `wait=${longestWait}` }));

const badRequest = http.expectedStatuses(400);

export const postBadInput = (body: string): RefinedResponse<"text"> =>
  http.post(`${server()}/queries`, body, { ...params("POST /queries, bad"), responseCallback: badRequest });

export const getStatus = (id: string): RefinedResponse<"text"> => http.get(`${server()}/queries/${id}`, params("GET /queries/ID"));

export const withdraw = (id: string): RefinedResponse<"text"> => http.del(`${server()}/queries/${id}`, null, params("DELETE /queries/ID"));

export const readStatus = (response: RefinedResponse<"text">): Status => JSON.parse(response.body) as Status;

/** What is wrong with an answer's status code. */
export function findFailure({ status, error, body, headers }: RefinedResponse<"text">, ...right: readonly number[]): Failure | undefined {
  if (right.includes(status)) return undefined;
  const refused = (status === 429 || status === 503) && headers["Retry-After"] !== undefined;
  return { text: `status ${status} ${error || (body ?? "").slice(0, 200)}`, refused };
}
