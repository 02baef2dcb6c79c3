/** A file that HTTP gives in parts, as its server tells of it: whether it is there, its size and version, and what answers without data mean. */
import type { IncomingHttpHeaders } from "node:http";
import { baseName, DatasetError, type FileIdentity } from "../../dataset.ts";
import type { ByteRange, SignalOptions } from "../source.ts";
import { type ContentRange, parseContentRange } from "./content-range.ts";
import { type HttpAnswer, type HttpRequest, PassingFailure, sendRequest } from "./send-request.ts";
import { tryAgain } from "./try-again.ts";

/** A URL, and who asks for it. */
export interface RemotePlace {
  readonly url: URL;
  readonly authorize: HttpRequest["authorize"];
  /** As messages name it. */
  readonly name: string;
  /** Its servers are known to give one range in an answer, and no more. */
  readonly givesOneRange?: true;
}

/** Somebody waits for each look: milliseconds, and how often a server that fails is asked. */
const lookPatience = 10_000;
const mostLooks = 3;

/** Undefined where there is no such file. Throws `DatasetError`. */
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
  // Some servers have no range of an empty file and give it as a whole.
  if (status === 200 && headers["content-length"] === "0") return { path, size: 0, version };
  if (status !== 206) throw refusal(place, status, headers);
  const size = rangeOf(headers)?.size;
  if (size === undefined) throw notThatRange(place);
  // So that the connection can be used again.
  await readRange(answer, { start: 0, end: 1 }, place, () => {});
  return { path, size, version };
}

/** The body of an answer with one range, which has as many bytes as that, told with their places in the file. */
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

/** What tells the version: the ETag, or else the time of change. */
export const versionOf = ({ etag, "last-modified": changed }: IncomingHttpHeaders): string => etag ?? changed ?? "";

/** Also where one of them is a weak ETag: servers make them strong a moment after a change. */
export const isSameVersion = (one: string, other: string): boolean => one.replace(/^W\//, "") === other.replace(/^W\//, "");

/** Of an answer with one range. */
export const rangeOf = (headers: IncomingHttpHeaders): ContentRange | undefined =>
  isPlain(headers) ? parseContentRange(headers["content-range"]) : undefined;

export const isPlain = (headers: IncomingHttpHeaders): boolean => (headers["content-encoding"] ?? "identity") === "identity";

export const notThatRange = ({ name }: RemotePlace): DatasetError =>
  new DatasetError(`Cannot read ${name}: the server answers with other bytes than those it is asked for`, { permanent: true });

/** What an answer says that has no data. */
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

/** Of a URL: its last part, unescaped. */
export function nameOfUrl({ pathname, host }: URL): string {
  const last = baseName(pathname.replace(/\/+$/, ""));
  return last === "" ? host : last;
}
