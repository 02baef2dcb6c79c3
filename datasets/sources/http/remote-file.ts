/**
 * A file that HTTP gives in parts: what tells its version, and ranges of its bytes.
 *
 * Promises: bytes are those of the version that was identified, by what each answer says of itself; what is no answer to the range that was asked for
 * is refused before its body is read. A file of which the server tells neither ETag nor time of change has no version: then a change shows only where it
 * changes the size.
 */
import type { IncomingHttpHeaders } from "node:http";
import { baseName, DatasetError, type FileIdentity } from "../../dataset.ts";
import type { ByteRange, ByteReader, SignalOptions } from "../source.ts";
import { type HttpAnswer, type HttpRequest, mostConnections, PassingFailure, sendRequest } from "./send-request.ts";
import { tryAgain } from "./try-again.ts";

/** A URL, and who asks for it. */
export interface RemotePlace {
  readonly url: URL;
  readonly authorize: HttpRequest["authorize"];
  /** As messages name it. */
  readonly name: string;
}

/** Two reads cost as much as about so many bytes more in one. */
const gap = 64 * 2 ** 10;
const largestRead = 8 * 2 ** 20;
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
  await scatter(answer, [{ start: 0, end: 1 }], place);
  return { path, size, version };
}

/** The identified file, for as long as it is open. */
export function openRemote(file: FileIdentity, place: RemotePlace): ByteReader {
  let redirected: URL | undefined;
  let isChecked = false;

  async function readOnce(ranges: readonly ByteRange[], { signal }: SignalOptions): Promise<readonly ArrayBuffer[]> {
    const [start, end] = [ranges[0]!.start, ranges.at(-1)!.end];
    const headers = { range: `bytes=${start}-${end - 1}`, ...(file.version.startsWith('"') && { "if-match": file.version }) };
    const request = { method: "GET", headers, most: end - start, signal, authorize: place.authorize } as const;
    const use = async (answer: HttpAnswer) => {
      refuseOthers(answer, { start, end });
      redirected = answer.url;
      isChecked = true;
      return await scatter(answer, ranges, place);
    };
    const before = redirected;
    try {
      return await sendRequest(place.url, request, use, before);
    } catch (error) {
      // Where a redirect leads may hold for a while only.
      redirected = undefined;
      if (before === undefined || before.href === place.url.href || signal?.aborted) throw error;
      return await sendRequest(place.url, request, use);
    }
  }

  function refuseOthers({ status, headers }: HttpAnswer, { start, end }: ByteRange): void {
    if (status === 412 || status === 416) throw changed();
    if (status === 404 || status === 410) throw new DatasetError(`Cannot open ${place.name}: no such file`, { permanent: false });
    if (status !== 206) throw refusal(place, status, headers);
    const range = rangeOf(headers);
    if (range?.size !== undefined && range.size !== file.size) throw changed();
    if (range?.start !== start || range.end !== end) throw notThatRange(place);
    if (!isSameVersion(versionOf(headers), file.version)) throw changed();
  }

  const changed = () => {
    const what = isChecked ? "changed while it was read" : "changed since its metadata was read";
    return new DatasetError(`${place.name} ${what}: ask again to use it as it is now`, { permanent: false });
  };

  const read = async (ranges: readonly ByteRange[], options: SignalOptions = {}) => {
    const { end } = ranges.at(-1)!;
    if (end > file.size) {
      const reason = `bytes ${ranges[0]!.start}–${end} needed, it ends at ${file.size}`;
      throw new DatasetError(`Cannot read ${place.name}: ${reason}`, { permanent: false });
    }
    return await tryAgain(() => readOnce(ranges, options), options.signal);
  };
  return {
    byteLength: file.size,
    slice: async (start, end = file.size, options) => (start === end ? new ArrayBuffer(0) : (await read([{ start, end }], options))[0]!),
    joined: { gap, most: largestRead, atATime: mostConnections, read },
  };
}

/** The body, into a buffer for each range; what lies between is dropped. */
async function scatter(answer: HttpAnswer, ranges: readonly ByteRange[], { name }: RemotePlace): Promise<readonly ArrayBuffer[]> {
  const buffers = ranges.map(({ start, end }) => new ArrayBuffer(end - start));
  const [first, last] = [ranges[0]!.start, ranges.at(-1)!.end];
  let at = first;
  let index = 0;
  await answer.read((bytes) => {
    const until = at + bytes.length;
    if (until > last) throw new PassingFailure(`Cannot read ${name}: the server gives more bytes than it says`);
    for (; index < ranges.length && ranges[index]!.start < until; index++) {
      const { start, end } = ranges[index]!;
      const from = Math.max(start, at);
      const to = Math.min(end, until);
      new Uint8Array(buffers[index]!, from - start, to - from).set(bytes.subarray(from - at, to - at));
      if (end > until) break;
    }
    at = until;
  });
  if (at < last) throw new PassingFailure(`Cannot read ${name}: the answer broke off after ${at - first} of ${last - first} bytes`);
  return buffers;
}

/** What tells the version: the ETag, or else the time of change. */
const versionOf = ({ etag, "last-modified": changed }: IncomingHttpHeaders): string => etag ?? changed ?? "";

/** Also where one of them is a weak ETag: servers make them strong a moment after a change. */
const isSameVersion = (one: string, other: string): boolean => one.replace(/^W\//, "") === other.replace(/^W\//, "");

function rangeOf(headers: IncomingHttpHeaders): (ByteRange & { readonly size: number | undefined }) | undefined {
  const encoding = headers["content-encoding"] ?? "identity";
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  if (encoding !== "identity" || first === undefined) return undefined;
  return { start: Number(first), end: Number(last) + 1, size: size === "*" ? undefined : Number(size) };
}

const notThatRange = ({ name }: RemotePlace): DatasetError =>
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
