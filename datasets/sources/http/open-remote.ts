/**
 * Reads ranges of the bytes of a file by HTTP.
 *
 * Guarantees: all bytes are of the identified version, as the headers of each answer state; an answer to another range is refused before its body is
 * read. If the server tells neither ETag nor time of change, the file has no version, and a change is only noticed if it changes the size.
 *
 * Ranges that lie apart are asked for in one request. If a server lately gave one range only, a wrong answer or a failure, they are asked for
 * one by one.
 */
import { settleAll } from "../../../base/settle-all.ts";
import { DatasetError, type FileIdentity } from "../../dataset.ts";
import { stretchesOf } from "../coalesce.ts";
import type { ByteRange, ByteReader, SignalOptions } from "../source.ts";
import { boundaryOf, PartReader } from "./part-reader.ts";
import { RangeBuffers } from "./range-buffers.ts";
import { isPlain, isSameVersion, notThatRange, type RemotePlace, rangeOf, readRange, refusal, versionOf } from "./remote-file.ts";
import { type HttpAnswer, mostConnections, PassingFailure, sendRequest } from "./send-request.ts";
import { isAboutSeveral, mayGiveSeveral, mostStretches, mostTries, rememberRefusal, SeveralRefused } from "./several-ranges.ts";
import { tryAgain } from "./try-again.ts";

/** One more read costs about as much as this many more bytes in the same read. */
const gap = 64 * 2 ** 10;
const largestRead = 8 * 2 ** 20;
/** The most bytes around each part of an answer with several ranges. */
const largestHead = 512;

/** A reader of the identified file. */
export function openRemote(file: FileIdentity, place: RemotePlace): ByteReader {
  let redirected: URL | undefined;
  let isChecked = false;
  const maySeveral = () => !place.givesOneRange && mayGiveSeveral(place.url);

  async function ask<Result>(
    stretches: readonly ByteRange[],
    use: (answer: HttpAnswer) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const range = `bytes=${stretches.map(({ start, end }) => `${start}-${end - 1}`).join(",")}`;
    const headers = { range, ...(file.version.startsWith('"') && { "if-match": file.version }) };
    const request = { method: "GET", headers, most: mostOf(stretches), signal, authorize: place.authorize } as const;
    const before = redirected;
    const note = (answer: HttpAnswer) => {
      redirected = answer.url;
      return use(answer);
    };
    try {
      return await sendRequest(place.url, request, note, before);
    } catch (error) {
      // The target of a redirect may be valid for a while only.
      redirected = undefined;
      if (before === undefined || before.href === place.url.href || signal?.aborted || error instanceof SeveralRefused) throw error;
      return await sendRequest(place.url, request, note);
    }
  }

  const readStretch = (stretch: ByteRange, filled: RangeBuffers, { signal }: SignalOptions): Promise<void> =>
    tryAgain(
      () =>
        ask(
          [stretch],
          async (answer) => {
            refuseOthers(answer, stretch);
            await readRange(answer, stretch, place, (at, bytes) => filled.add(at, bytes));
          },
          signal,
        ),
      signal,
    );

  /** Throws `SeveralRefused` if the stretches must be asked for one by one. */
  const readSeveral = (stretches: readonly ByteRange[], filled: RangeBuffers, { signal }: SignalOptions): Promise<void> =>
    tryAgain(
      () =>
        ask(
          stretches,
          async (answer) => {
            const boundary = boundaryOf(answer.headers["content-type"]);
            if (!isAboutSeveral(answer.status)) return refuseOthers(answer, stretches[0]!);
            if (answer.status !== 206 || boundary === undefined || !isPlain(answer.headers)) throw new SeveralRefused();
            refuseOtherVersion(answer);
            await readParts(answer, boundary, { stretches, filled });
          },
          signal,
        ),
      signal,
      mostTries,
    );

  async function readParts(
    answer: HttpAnswer,
    boundary: string,
    { stretches, filled }: { readonly stretches: readonly ByteRange[]; readonly filled: RangeBuffers },
  ): Promise<void> {
    const parts = new PartReader({ boundary, size: file.size, onBytes: (at, bytes) => filled.add(at, bytes) });
    let left = mostOf(stretches);
    await answer.read((bytes) => {
      left -= bytes.length;
      if (left < 0) throw new SeveralRefused();
      try {
        parts.push(bytes);
      } catch (cause) {
        throw new SeveralRefused(cause);
      }
    });
    if (!parts.isEnded || !filled.isFull) throw new SeveralRefused();
  }

  function refuseOthers(answer: HttpAnswer, { start, end }: ByteRange): void {
    const { status, headers } = answer;
    if (status === 412 || status === 416) throw changed();
    if (status === 404 || status === 410) throw new DatasetError(`Cannot open ${place.name}: no such file`, { permanent: false });
    if (status !== 206) throw refusal(place, status, headers);
    const range = rangeOf(headers);
    if (range?.size !== undefined && range.size !== file.size) throw changed();
    if (range?.start !== start || range.end !== end) throw notThatRange(place);
    refuseOtherVersion(answer);
  }

  function refuseOtherVersion({ headers }: HttpAnswer): void {
    if (!isSameVersion(versionOf(headers), file.version)) throw changed();
    isChecked = true;
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
    const stretches = stretchesOf(ranges, gap);
    if (stretches.length > 1 && maySeveral()) {
      const filled = new RangeBuffers(ranges);
      try {
        await readSeveral(stretches, filled, options);
        return filled.buffers;
      } catch (error) {
        if (!(error instanceof SeveralRefused || error instanceof PassingFailure)) throw error;
        rememberRefusal(place.url);
      }
    }
    const filled = new RangeBuffers(ranges);
    // Waits for all, so that after a failure nothing goes on reading in the background.
    await settleAll(stretches.map((stretch) => readStretch(stretch, filled, options)));
    return filled.buffers;
  };
  return {
    byteLength: file.size,
    slice: async (start, end = file.size, options) => (start === end ? new ArrayBuffer(0) : (await read([{ start, end }], options))[0]!),
    joined: { gap, most: largestRead, atATime: mostConnections, mostStretches: maySeveral() ? mostStretches : 1, read },
  };
}

/** The most bytes of an answer. */
const mostOf = (stretches: readonly ByteRange[]): number =>
  stretches.reduce((sum, { start, end }) => sum + end - start + (stretches.length > 1 ? largestHead : 0), 0);
