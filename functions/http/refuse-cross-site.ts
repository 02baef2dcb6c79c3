/**
 * Refuses requests that pages of other sites make through the browsers of their visitors. Browsers tell where a request comes from: in `Origin`, if the
 * page sends data or wants to read the answer; in `Sec-Fetch-Site`, on every local or encrypted connection; else in `Referer`, unless the page
 * forbids it. Other sites may show results (`<img src="…/queries/ID?format=svg">`), but this starts no computing. A link that a person follows may.
 */
import type { Context, Next } from "hono";
import type { Environment } from "../environment.ts";
import { HttpProblem } from "./problem.ts";

export async function refuseCrossSite(c: Context<Environment>, next: Next): Promise<void> {
  const origin = c.req.header("origin");
  if (origin !== undefined && !isHere(c, origin)) throw refusal(origin);
  const site = c.req.header("sec-fetch-site");
  const referer = c.req.header("referer");
  const isForeign = site === undefined ? referer !== undefined && !isHere(c, referer) : site !== "same-origin" && site !== "none";
  if (isForeign && computes(c) && !isFollowedLink(c)) throw refusal(referer ?? "another site");
  await next();
}

const isHere = (c: Context, url: string): boolean => URL.canParse(url) && new URL(url).host === c.req.header("host");

/** Whether a request may start computing; requests that only show results do not. */
function computes({ req }: Context): boolean {
  const { method, path } = req;
  return (method !== "GET" && method !== "HEAD") || path.startsWith("/functions/") || req.query("stats") !== undefined;
}

function isFollowedLink({ req }: Context): boolean {
  if (req.method !== "GET") return false;
  const site = req.header("sec-fetch-site");
  return site !== undefined && req.header("sec-fetch-dest") === "document" && req.header("sec-fetch-user") === "?1";
}

const refusal = (from: string) => new HttpProblem(403, "other-origin", `Requests from pages of ${from.slice(0, 200)} are not answered.`);
