/**
 * Which servers give several ranges of a file in one answer. There is no way to ask but to try: what a server did is remembered for a while, by its origin, in each thread.
 */
import { LRUCache } from "lru-cache";
import { DatasetError } from "../../dataset.ts";

const mostOrigins = 1_000;
/** Milliseconds: a server may be another one later. */
const holds = 600_000;

const refused = new LRUCache<string, true>({ max: mostOrigins, ttl: holds });

/** Stretches of one request, at most: servers refuse many, and headers are bounded. */
export const mostStretches = 32;

/** Until it was seen that it does not. */
export const mayGiveSeveral = ({ origin }: URL): boolean => !refused.has(origin);

export function rememberRefusal({ origin }: URL): void {
  refused.set(origin, true);
}

/** What a status means where several ranges were asked for: false where it tells of the file, or that the server is busy, whatever is asked for. */
export const isAboutSeveral = (status: number): boolean =>
  ![404, 408, 410, 412, 425, 429].includes(status) && (status < 500 || status === 501);

/** So often a server is asked for several ranges before it is asked for one by one, for it may fail at several only. */
export const mostTries = 3;

/** The server gave no several ranges, or none that can be used: one by one they can be asked for all the same. */
export class SeveralRefused extends DatasetError {
  constructor(cause?: unknown) {
    super("Cannot read several ranges at once: the server does not give them", { cause, permanent: false });
  }
}
