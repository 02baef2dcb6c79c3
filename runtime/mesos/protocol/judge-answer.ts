/** What an answer of a master or an agent means for whoever asked. Pure. */
import type { MesosErrorCode } from "./connection.ts";

export interface AnswerHead {
  readonly status: number;
  /** Of the headers, those that matter. */
  readonly contentType: string;
  readonly location?: string | undefined;
  readonly streamId?: string | undefined;
}

export type SubscriptionVerdict =
  | { readonly kind: "subscribed" }
  | { readonly kind: "redirected"; readonly location: string }
  /** It may be otherwise soon, or elsewhere. */
  | { readonly kind: "again"; readonly reason: string }
  | { readonly kind: "refused"; readonly code: MesosErrorCode; readonly reason: string };

/** @param text Of the answer, where it is no stream. */
export function judgeSubscription(head: AnswerHead, text: string, wantsStreamId: boolean): SubscriptionVerdict {
  const { status, contentType, location, streamId } = head;
  const said = `it answered ${status}${text === "" ? "" : `: ${excerpt(text)}`}`;
  const noMesos = (hint = "") =>
    ({
      kind: "refused",
      code: "bad-address",
      reason: `what answers there is no Mesos${wantsStreamId ? " master" : ""}: ${said}${hint}`,
    }) as const;
  if (status === 200)
    return contentType.startsWith("application/json") && (!wantsStreamId || streamId) ? { kind: "subscribed" } : noMesos();
  if (status === 307 && location) return { kind: "redirected", location };
  if (status === 401) return { kind: "refused", code: "unauthorized", reason: `it wants another principal or secret: ${said}` };
  if (status === 403) return { kind: "refused", code: "unauthorized", reason: said };
  // While a master or an agent starts, the path is not there yet. Whoever says that in other words than Mesos is none.
  if (status === 404 && !/^(?:404 Not Found\.)?$/.test(text.trim())) return noMesos();
  if (status === 404 || status >= 500) return { kind: "again", reason: said };
  if (/\bagent::Call\b/.test(text)) return noMesos("; it is an agent, and a master is wanted, usually at port 5050");
  if (/plain HTTP request.*HTTPS/i.test(text)) return noMesos("; use https:// instead of http://");
  if (status === 405 || status < 400 || contentType.startsWith("text/html")) return noMesos();
  return { kind: "refused", code: "refused", reason: said };
}

export type CallVerdict =
  | { readonly kind: "taken" }
  /** The call was refused, the subscription goes on. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Nothing can be said on this subscription any more. */
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "unauthorized"; readonly reason: string };

/** Mesos says so where the subscription is not, or not any more, the one that it knows. */
const subscriptionIsStale = /stream[- ]id|cannot be found/i;

export function judgeCall(status: number, text: string): CallVerdict {
  const reason = `it answered ${status}${text === "" ? "" : `: ${excerpt(text)}`}`;
  if (status >= 200 && status < 300) return { kind: "taken" };
  if (status === 401) return { kind: "unauthorized", reason };
  // Not subscribed, not the leader, starting.
  if (status < 400 || status === 403 || status === 404 || status === 500 || (status > 501 && status < 600)) return { kind: "lost", reason };
  return subscriptionIsStale.test(text) ? { kind: "lost", reason } : { kind: "refused", reason };
}

const excerpt = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
};

/** Where a redirect leads: Mesos gives `//HOST:PORT/PATH`, its documentation shows `HOST:PORT`. Undefined where it leads nowhere. */
export function resolveRedirect(location: string, from: URL): URL | undefined {
  const hasScheme = /^https?:\/\//.test(location);
  const absolute = hasScheme || /^\//.test(location) ? location : `//${location}`;
  if (!URL.canParse(absolute, from)) return undefined;
  const url = new URL(absolute, from);
  // Nobody asked for a name and a secret within it.
  if (url.username !== "" || url.password !== "") return undefined;
  if (url.pathname === "/") url.pathname = from.pathname;
  return url;
}
