/**
 * Which servers answer with several ranges of a file. This can only be found out by trying, so refusals are remembered for a while, by origin, in each
 * thread.
 */
import { LRUCache } from "lru-cache";
import { DatasetError } from "../../dataset.ts";

const mostOrigins = 1_000;
/** The milliseconds for which a refusal is remembered; the server may change later. */
const holds = 600_000;

const refused = new LRUCache<string, true>({ max: mostOrigins, ttl: holds });

/** The most stretches of one request, since servers refuse many, and headers are bounded. */
export const mostStretches = 32;

/** True unless the server refused lately. */
export const mayGiveSeveral = ({ origin }: URL): boolean => !refused.has(origin);

export function rememberRefusal({ origin }: URL): void {
  refused.set(origin, true);
}

/** Whether a status after asking for several ranges may be due to their number: not if it tells of the file or that the server is busy. */
export const isAboutSeveral = (status: number): boolean =>
  ![404, 408, 410, 412, 425, 429].includes(status) && (status < 500 || status === 501);

/** The number of attempts with several ranges before asking one by one, since a server may fail at several ranges only. */
export const mostTries = 3;

/** The server did not answer with several ranges, or the answer could not be used. Asking one by one may still work. */
export class SeveralRefused extends DatasetError {
  constructor(cause?: unknown) {
    super("Cannot read several ranges at once: the server does not give them", { cause, permanent: false });
  }
}
