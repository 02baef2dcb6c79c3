/** What a server tells of a file: whether it is there, its size and version, and what answers without data mean. */
import type { IncomingHttpHeaders } from "node:http";
import { baseName, DatasetError, type FileIdentity } from "../../dataset.ts";
import type { ByteRange, SignalOptions } from "../source.ts";
import { type ContentRange, parseContentRange } from "./content-range.ts";
import { type HttpAnswer, type HttpRequest, PassingFailure, sendRequest } from "./send-request.ts";
import { tryAgain } from "./try-again.ts";

/** A URL, with the credentials for it. */
export interface RemotePlace {
  readonly url: URL;
  readonly authorize: HttpRequest["authorize"];
  /** The name of the file in messages. */
  readonly name: string;
  /** True if its servers are known to answer with one range only. */
  readonly givesOneRange?: true;
}

/** Limits for a look at a file, for which a person may be waiting: milliseconds until an answer, and the number of attempts. */
const lookPatience = 10_000;
const mostLooks = 3;

/** The file's size and version; undefined if there is no such file. Throws `DatasetError`. */
export async function identifyRemote(path: string, place: RemotePlace, options: SignalOptions): Promise<FileIdentity | undefined> {
  const request = {
    method: "GET",
    headers: { range: "bytes=0-0" },
    most: 1,
    patience: lookPatience,
    authorize: place.authorize,
    ...options,
  } as const;
  return await tryAgain(() => sendRequest(place.url, request, (answer) => identityOf(path, place, answer)), options.signal, mostLooks);
}

async function identityOf(path: string, place: RemotePlace, answer: HttpAnswer): Promise<FileIdentity | undefined> {
  const { status, headers } = answer;
  if (status === 404 || status === 410) return undefined;
  const version = versionOf(headers);
  if (status === 416 && headers["content-range"] === "bytes */0") return { path, size: 0, version };
  // For an empty file some servers answer with the whole file.
  if (status === 200 && headers["content-length"] === "0") return { path, size: 0, version };
  if (status !== 206) throw refusal(place, status, headers);
  const size = rangeOf(headers)?.size;
  if (size === undefined) throw notThatRange(place);
  // Reads the body, so that the connection can be reused.
  await readRange(answer, { start: 0, end: 1 }, place, () => {});
  return { path, size, version };
}

/** Reads the body of an answer with one range and passes on its bytes with their place in the file. Throws unless there are as many as the range has. */
export async function readRange(
  answer: HttpAnswer,
  { start, end }: ByteRange,
  { name }: Pick<RemotePlace, "name">,
  onBytes: (at: number, bytes: Uint8Array) => void,
): Promise<void> {
  let at = start;
  await answer.read((bytes) => {
    if (at + bytes.length > end) throw new PassingFailure(`Cannot read ${name}: the server gives more bytes than it says`);
    onBytes(at, bytes);
    at += bytes.length;
  });
  if (at < end) throw new PassingFailure(`Cannot read ${name}: the answer broke off after ${at - start} of ${end - start} bytes`);
}

/** The version: the ETag or, without one, the time of change. */
export const versionOf = ({ etag, "last-modified": changed }: IncomingHttpHeaders): string => etag ?? changed ?? "";

/** A weak ETag equals the strong one, because servers turn weak ETags into strong ones a moment after a change. */
export const isSameVersion = (one: string, other: string): boolean => one.replace(/^W\//, "") === other.replace(/^W\//, "");

/** The range of an answer with one range; undefined if its body is encoded. */
export const rangeOf = (headers: IncomingHttpHeaders): ContentRange | undefined =>
  isPlain(headers) ? parseContentRange(headers["content-range"]) : undefined;

export const isPlain = (headers: IncomingHttpHeaders): boolean => (headers["content-encoding"] ?? "identity") === "identity";

export const notThatRange = ({ name }: RemotePlace): DatasetError =>
  new DatasetError(`Cannot read ${name}: the server answers with other bytes than those it is asked for`, { permanent: true });

/** The error for an answer without data. */
export function refusal({ name, url }: Pick<RemotePlace, "name" | "url">, status: number, headers: IncomingHttpHeaders): DatasetError {
  const where = `Cannot read ${name}: ${url.host}`;
  const permanent = true;
  if (status === 200)
    return new DatasetError(`${where} gives whole files only, not parts of them (it ignores Range); copy the file`, { permanent });
  if (status === 401 || status === 403) {
    const how = "name a file with a token by --token-file, or a URL that needs none";
    return new DatasetError(`${where} answers ${status}, permission denied; ${how}`, { permanent: false });
  }
  const isPassing = status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
  const region = headers["x-amz-bucket-region"];
  const hint = region === undefined ? "" : `; its bucket is in the region ${String(region).slice(0, 40)}, which AWS_REGION tells`;
  if (!isPassing) return new DatasetError(`${where} answers ${status}${hint}`, { permanent });
  return new PassingFailure(`${where} answers ${status}`, { retryAfter: retryAfterOf(headers["retry-after"]) });
}

function retryAfterOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

/** The last part of the URL's path, or the host if there is none. */
export function nameOfUrl({ pathname, host }: URL): string {
  const last = baseName(pathname.replace(/\/+$/, ""));
  return last === "" ? host : last;
}
