/** `fetch` of another host that cannot hold us up for ever, nor fill our memory. */

export interface Bounds {
  /** Milliseconds until the whole answer must be there. */
  readonly timeout: number;
  /** Bytes of the longest answer. */
  readonly mostBytes: number;
}

/** The host takes no requests: nothing is known against what was asked of it. */
export class HostUnavailableError extends Error {
  override readonly name = "HostUnavailableError";
}

/**
 * Rejects with the request's own reason where that is aborted, else with an error that names the host and says what went wrong; with `HostUnavailableError`
 * where no connection was made, so that the host cannot have taken the request.
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

/** Where a connection was refused, only the error's cause says so. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? `${error.message} (${error.cause.message})` : error.message;
}

const unconnected = /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)\b|client error \(Connect\)/;

/** Node gives a code, Deno a text. */
function isUnconnected(error: unknown): boolean {
  const { code, message } = ((error as Partial<Error> | undefined)?.cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return unconnected.test(`${code} ${message}`);
}
