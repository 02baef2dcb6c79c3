/** Answers with the rows of a query if it has ended, otherwise with its status. */
import type { Context } from "hono";
import { isEnded } from "../../api.ts";
import type { Environment } from "../../environment.ts";
import { HttpProblem } from "../../http/problem.ts";
import { type FollowedQuery, stateOf } from "../follow/followed-query.ts";
import { jsonLines } from "./json-lines.ts";
import { bytesHeld, readRows } from "./read-rows.ts";

const mediaTypes = { jsonl: "application/x-ndjson", parquet: "application/vnd.apache.parquet" } as const;
export type RowFormat = keyof typeof mediaTypes;

export const isRowFormat = (format: string): format is RowFormat => Object.hasOwn(mediaTypes, format);

export async function answerRows(c: Context<Environment>, followed: FollowedQuery, format: RowFormat): Promise<Response> {
  const { query, programs } = followed;
  const { rows: columns } = query;
  const [program] = programs;
  if (!columns || !program?.rows) {
    throw new HttpProblem(422, "no-rows", `The query has no rows: ask for it with "rows": { "columns": { "pt": "Muon[0].pt" } }`);
  }
  const state = stateOf(followed);
  if (!isEnded({ state })) return c.json(c.var.dispatcher.statuses.describe(followed), 202);
  if (state === "failed") {
    const { failures, partitions } = c.var.dispatcher.statuses.describe(followed);
    const [{ file, cause }] = failures;
    const detail = `The query has no rows: each of its ${partitions.total} partitions failed, the first of them, in ${file}: ${cause}`;
    throw new HttpProblem(409, "no-rows", detail);
  }
  if (state !== "done") throw new HttpProblem(409, "no-rows", `The query was ${state}, so it has no rows.`);
  const rows = readRows(followed, c.var.services.store);
  const kinds = program.rows.columns.map(({ kind }) => kind);
  // The Parquet writer is loaded only when it is needed.
  const pieces = format === "jsonl" ? jsonLines(rows, columns) : (await import("./parquet-rows.ts")).parquetRows(rows, columns, kinds);
  const headers = {
    "content-type": mediaTypes[format],
    "content-disposition": `attachment; filename="${query.id.slice(0, 12)}.${format}"`,
    "x-accel-buffering": "no",
  };
  if (c.req.method === "HEAD") return c.body(null, 200, headers);
  const { admission, client } = c.var;
  const places = [admission.streams.enter(client)];
  const leave = () => {
    for (const place of places) place[Symbol.dispose]();
  };
  try {
    places.push(admission.rowBytes.enter(client, bytesHeld(followed)));
    return c.body(streamOf(pieces, await pieces.next(), leave), 200, headers);
  } catch (error) {
    leave();
    throw error;
  }
}

/**
 * Streams the pieces. The first one is made before the answer begins, so that an immediate failure becomes a problem document and not half an answer. `leave`
 * is called when the stream ends in any way.
 */
function streamOf(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  first: IteratorResult<Uint8Array<ArrayBuffer>>,
  leave: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let next: Promise<IteratorResult<Uint8Array<ArrayBuffer>>> = Promise.resolve(first);
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await next;
          if (done) {
            leave();
            controller.close();
            return;
          }
          controller.enqueue(value);
          next = pieces.next();
          // A rejection is handled at the next pull, which may never come.
          next.catch(() => undefined);
        } catch (error) {
          leave();
          controller.error(error);
        }
      },
      async cancel() {
        leave();
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}
