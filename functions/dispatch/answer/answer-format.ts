/** Chooses the form in which a query is answered: its status (JSON), its histograms as UHI, ROOT's JSON, CSV or a picture, or its rows. */
import type { Context } from "hono";
import type { UhiHistogram } from "../../../engine/histogram/uhi.ts";
import { nearNames } from "../../../engine/query/near-names.ts";
import type { Status } from "../../api.ts";
import type { Environment } from "../../environment.ts";
import { HttpProblem } from "../../http/problem.ts";
import { renderSvg } from "../../render/charts/svg.ts";
import { renderCsv } from "../../render/csv.ts";
import { mostRootAxes, renderRoot } from "../../render/root-json.ts";
import type { FollowedQuery } from "../follow/followed-query.ts";
import { answerRows, isRowFormat, type RowFormat } from "../rows/answer-rows.ts";
import { type Histograms, separateVariations, stackVariations } from "./vary-histograms.ts";

const formats = ["json", "uhi", "root", "csv", "svg", "jsonl", "parquet"] as const;
export type Format = (typeof formats)[number];

const mediaTypes: readonly (readonly [string, Format])[] = [
  ["application/json", "json"],
  ["application/vnd.uhi+json", "uhi"],
  ["application/vnd.root+json", "root"],
  ["text/csv", "csv"],
  ["image/svg+xml", "svg"],
  ["application/x-ndjson", "jsonl"],
  ["application/jsonl", "jsonl"],
  ["application/vnd.apache.parquet", "parquet"],
];

/** `?format=` comes first; otherwise the known type of highest weight in `Accept` is chosen, the first among equals. */
export function chooseFormat(c: Context): Format {
  const asked = c.req.query("format");
  if (asked !== undefined) {
    const format = formats.find((each) => each === asked);
    if (format) return format;
    throw new HttpProblem(400, "bad-format", `format must be one of ${formats.join(", ")}, not '${asked.slice(0, 40)}'`, [
      { at: "/format", message: "is not a format", near: nearNames(asked, formats) },
    ]);
  }
  const accepted = (c.req.header("accept") ?? "").split(",").map((part) => {
    const [type, ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
    const weight = parameters.find((each) => each.startsWith("q="));
    return { type: type!, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
  });
  for (const { type } of accepted.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight)) {
    const beginning = type === "*/*" ? "" : type.endsWith("/*") ? type.slice(0, -1) : undefined;
    const known = mediaTypes.find(([mediaType]) => (beginning === undefined ? mediaType === type : mediaType.startsWith(beginning)));
    if (known) return known[1];
  }
  return "json";
}

export async function answerFollowed(
  c: Context<Environment>,
  followed: FollowedQuery,
  format: Format,
  httpStatus: 200 | 202,
): Promise<Response> {
  if (isRowFormat(format)) return await answerRows(c, followed, format);
  return await answerStatus(c, c.var.dispatcher.statuses.describe(followed), format, httpStatus);
}

async function answerStatus(c: Context, status: Status, format: Exclude<Format, RowFormat>, httpStatus: 200 | 202): Promise<Response> {
  if (format === "json") return c.json(status, httpStatus);
  const own = Object.keys(status.histograms);
  if (own.length === 0 && status.rows)
    throw new HttpProblem(
      404,
      "no-histogram",
      "The query has rows and no histograms: ask for them as jsonl or parquet, or for its status as json",
    );
  if (format === "uhi") {
    const named = c.req.query("histogram");
    const histograms = chooseVariations(c) === "axis" ? stackVariations(status) : separateVariations(status);
    return c.body(JSON.stringify(named === undefined ? histograms : pickHistogram(c, histograms, own)[1]), httpStatus, {
      "content-type": "application/vnd.uhi+json",
    });
  }
  const [name, histogram] = pickHistogram(c, separateVariations(status), own);
  if (format === "csv") return c.body(renderCsv(histogram), httpStatus, { "content-type": "text/csv; charset=utf-8" });
  if (format === "root") {
    if (histogram.axes.length > mostRootAxes) {
      const detail = `ROOT's histograms have at most ${mostRootAxes} axes, and ${name} has ${histogram.axes.length}: ask for uhi or csv`;
      throw new HttpProblem(422, "too-many-axes", detail);
    }
    return c.body(renderRoot(name, histogram), httpStatus, { "content-type": "application/vnd.root+json" });
  }
  const { failed, total } = status.partitions;
  const title = failed > 0 ? `${name} (${failed} of ${total} partitions failed)` : name;
  return c.body(await renderSvg(histogram, { title }), httpStatus, { "content-type": "image/svg+xml" });
}

/** Reads `?variations=axis` or `separate`, the default. */
function chooseVariations(c: Context): "axis" | "separate" {
  const asked = c.req.query("variations") ?? "separate";
  if (asked === "axis" || asked === "separate") return asked;
  throw new HttpProblem(400, "bad-request", `variations is axis or separate, not ${JSON.stringify(asked.slice(0, 40))}.`);
}

/** Reads `?histogram=NAME` or `NAME/VARIATION`. If it is left out, the query's only histogram is taken. */
function pickHistogram(c: Context, histograms: Histograms, own: readonly string[]): readonly [string, UhiHistogram] {
  const names = Object.keys(histograms);
  if (names.length === 0) throw new HttpProblem(404, "no-histogram", "The query has no histograms: ask for its status, as JSON");
  const asked = c.req.query("histogram");
  if (asked === undefined && own.length > 1) {
    const detail = `The query has ${own.length} histograms: choose one by ?histogram=NAME, of ${names.slice(0, 50).join(", ")}`;
    throw new HttpProblem(400, "several-histograms", detail, [{ at: "/histogram", message: "is needed", near: names.slice(0, 50) }]);
  }
  const name = asked ?? names[0];
  if (!Object.hasOwn(histograms, name)) {
    throw new HttpProblem(404, "unknown-histogram", `The query has no histogram '${name.slice(0, 100)}'; it has ${names.join(", ")}`, [
      { at: "/histogram", message: "is not a histogram of this query", near: nearNames(name, names) },
    ]);
  }
  return [name, histograms[name]];
}
