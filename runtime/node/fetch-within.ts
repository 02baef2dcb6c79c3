/** A `fetch` with limits, so that another host can neither delay this process for ever nor fill its memory. */

export interface Bounds {
  /** The milliseconds within which the complete answer must arrive. */
  readonly timeout: number;
  /** The most bytes of an answer. */
  readonly mostBytes: number;
}

/** The host takes no requests at all, so this does not count against the request. */
export class HostUnavailableError extends Error {
  override readonly name = "HostUnavailableError";
}

/**
 * Rejects with the request's own reason if it is aborted, otherwise with an error that names the host and the cause. If no connection was made, so that the
 * host cannot have received the request, the error is a `HostUnavailableError`.
 */
export function createFetchWithin({ timeout, mostBytes }: Bounds): (request: Request) => Promise<Response> {
  return async (request) => {
    const late = AbortSignal.timeout(timeout);
    const { host } = new URL(request.url);
    try {
      const response = await fetch(request, { signal: AbortSignal.any([request.signal, late]) });
      const { status, headers } = response;
      return new Response(await readWithin(response, mostBytes), { status, headers });
    } catch (error) {
      request.signal.throwIfAborted();
      const reason = late.aborted ? `it did not answer within ${timeout / 1000} s` : reasonOf(error);
      const Kind = !late.aborted && isUnconnected(error) ? HostUnavailableError : Error;
      throw new Kind(`The compute function at ${host} failed: ${reason}`, { cause: error });
    }
  };
}

async function readWithin(response: Response, most: number): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (size > most) throw new Error(`its answer has more than ${most} bytes`);
    chunks.push(chunk as Uint8Array<ArrayBuffer>);
  }
  return new Blob(chunks);
}

/** The reason of a failed `fetch`. It includes the error's cause, since only that tells of refused connections. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? `${error.message} (${error.cause.message})` : error.message;
}

const unconnected = /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)\b|client error \(Connect\)/;

/** Whether no connection was made. Node tells this by a code, Deno by a text. */
function isUnconnected(error: unknown): boolean {
  const { code, message } = ((error as Partial<Error> | undefined)?.cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return unconnected.test(`${code} ${message}`);
}
