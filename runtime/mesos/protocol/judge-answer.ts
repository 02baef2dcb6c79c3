/** Decides what an answer of a master or an agent means: accepted, redirected, to be tried again, or refused. Pure. */
import type { MesosErrorCode } from "./connection.ts";

export interface AnswerHead {
  readonly status: number;
  /** The headers that matter. */
  readonly contentType: string;
  readonly location?: string | undefined;
  readonly streamId?: string | undefined;
}

export type SubscriptionVerdict =
  | { readonly kind: "subscribed" }
  | { readonly kind: "redirected"; readonly location: string }
  /** Trying again, perhaps elsewhere, may help. */
  | { readonly kind: "again"; readonly reason: string }
  | { readonly kind: "refused"; readonly code: MesosErrorCode; readonly reason: string };

/** @param text The answer's text, if it is no stream. */
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
  // While a master or an agent starts, it answers 404 with these words or none; a 404 with other words is not from Mesos.
  if (status === 404 && !/^(?:404 Not Found\.)?$/.test(text.trim())) return noMesos();
  if (status === 404 || status >= 500) return { kind: "again", reason: said };
  if (/\bagent::Call\b/.test(text)) return noMesos("; it is an agent, and a master is wanted, usually at port 5050");
  if (/plain HTTP request.*HTTPS/i.test(text)) return noMesos("; use https:// instead of http://");
  if (status === 405 || status < 400 || contentType.startsWith("text/html")) return noMesos();
  return { kind: "refused", code: "refused", reason: said };
}

export type CallVerdict =
  | { readonly kind: "taken" }
  /** The call was refused; the subscription continues. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The subscription is over; no call can be sent on it any more. */
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "unauthorized"; readonly reason: string };

/** Matches Mesos' messages about a subscription that it does not know, or no longer. */
const subscriptionIsStale = /stream[- ]id|cannot be found/i;

export function judgeCall(status: number, text: string): CallVerdict {
  const reason = `it answered ${status}${text === "" ? "" : `: ${excerpt(text)}`}`;
  if (status >= 200 && status < 300) return { kind: "taken" };
  if (status === 401) return { kind: "unauthorized", reason };
  // The framework is not subscribed, or the master does not lead or is starting.
  if (status < 400 || status === 403 || status === 404 || status === 500 || (status > 501 && status < 600)) return { kind: "lost", reason };
  return subscriptionIsStale.test(text) ? { kind: "lost", reason } : { kind: "refused", reason };
}

const excerpt = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
};

/** The target of a redirect: Mesos gives `//HOST:PORT/PATH`, its documentation shows `HOST:PORT`. Undefined if it is no usable URL. */
export function resolveRedirect(location: string, from: URL): URL | undefined {
  const hasScheme = /^https?:\/\//.test(location);
  const absolute = hasScheme || /^\//.test(location) ? location : `//${location}`;
  if (!URL.canParse(absolute, from)) return undefined;
  const url = new URL(absolute, from);
  // A redirect must not choose the credentials.
  if (url.username !== "" || url.password !== "") return undefined;
  if (url.pathname === "/") url.pathname = from.pathname;
  return url;
}
