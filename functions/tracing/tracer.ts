/** The interface for sending traces; the functions know only this. */
export interface Tracer {
  /** Never throws and never waits. */
  send(trace: Trace): void;
}

export interface Trace {
  /** The caller's span, which the trace becomes a part of. */
  readonly parent?: { readonly traceId: string; readonly spanId: string };
  readonly root: Span;
}

/** Times are milliseconds since the epoch, with fractions. */
export interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly failed?: boolean;
  readonly children?: readonly Span[];
}

/** The caller's span from a W3C trace context header; undefined if the header is absent or malformed. */
export function readTraceParent(header: string | undefined): Trace["parent"] {
  const [, traceId, spanId] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/.exec(header ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId };
}
