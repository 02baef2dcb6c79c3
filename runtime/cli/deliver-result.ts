/** Writes the result of an ended query in the wanted format to standard output or to a file, and names its failures on standard error. */
import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import pc from "picocolors";
import type { Status } from "../../functions/api.ts";
import { displayable } from "../../functions/render/displayable.js";
import { CommandFailed, exitCodes } from "./command-failed.ts";
import { deliverRows } from "./deliver-rows.ts";
import { describeFailures, drawStatus } from "./draw/draw-status.ts";
import type { Output } from "./draw/terminal.ts";
import { drawOptions, type Invocation, print, warn } from "./invocation.ts";

export const formats = ["text", "json", "uhi", "root", "csv", "svg", "jsonl", "parquet"] as const;
export type Format = (typeof formats)[number];

export interface Delivery {
  /** If absent, the extension of `output` decides; none and `.txt` mean text. */
  readonly format?: Format;
  readonly output?: string;
  readonly histogram?: string;
  /** Whether rows are wanted. */
  readonly rows?: boolean;
}

const rowFormats: ReadonlySet<Format | undefined> = new Set<Format>(["jsonl", "parquet"]);

/** The wanted format. Rows on standard output are JSON lines by default. */
const formatFor = ({ output, format, rows }: Delivery): Format | undefined =>
  format ?? (rows && output === undefined ? "jsonl" : formatOf(output));

/** Must be called before anything is computed. Throws if neither `format` nor the extension of `output` tells the format, or if it does not fit the query. */
export function checkDelivery(delivery: Delivery, query: unknown, stdout: Output): void {
  const { output, rows = false } = delivery;
  const format = formatFor(delivery);
  const isOfRows = rowFormats.has(format);
  const hasRows = typeof query === "object" && query !== null && "rows" in query;
  const refuse = (reason: string) => new CommandFailed(exitCodes.badQuery, reason);
  if (rows && format !== undefined && !isOfRows) throw refuse(`Cannot write rows as ${format}: they are written as jsonl or parquet`);
  if (isOfRows && query !== undefined && !hasRows)
    throw refuse('Cannot write rows: the query has none; add "rows": { "columns": { "pt": "Muon[0].pt" } }');
  if (format === "parquet" && output === undefined && stdout.isTTY)
    throw refuse("Cannot show Parquet on a terminal: --output FILE is required");
  if (format !== undefined) return;
  const message = `Cannot tell the format of ${output}: an extension of .txt, .json, .jsonl, .parquet, .uhi, .csv or .svg is required, or --format`;
  throw new CommandFailed(exitCodes.badQuery, message);
}

/** Writes the result. The exit code becomes 1 if some partition is not in it. */
export async function deliverResult(invocation: Invocation, status: Status, delivery: Delivery): Promise<void> {
  const { output, histogram } = delivery;
  const format = formatFor(delivery) ?? "text";
  const names = Object.keys(displayable(status.histograms));
  if (histogram !== undefined && !Object.hasOwn(status.histograms, histogram)) {
    throw new CommandFailed(exitCodes.badQuery, `Cannot show histogram ${histogram}: the query has ${names.join(", ")}`);
  }
  if (histogram === undefined && names.length > 1 && ["root", "csv", "svg"].includes(format)) {
    const message = `Cannot write ${names.length} histograms as ${format}: choose one by --histogram NAME, of ${names.join(", ")}`;
    throw new CommandFailed(exitCodes.badQuery, message);
  }
  if (format === "jsonl" || format === "parquet") {
    if (status.state === "done") await deliverRows(invocation, status.id, { format, output });
  } else {
    const content = await render(invocation, status, { format, histogram, plain: output !== undefined });
    if (output === undefined) await print(invocation, content);
    else await writeResult(output, content);
  }
  for (const line of describeFailures(status)) await warn(invocation, line);
  if (status.state === "done" && status.failures.length === 0) return;
  invocation.exitCode = exitCodes.failed;
  await warn(invocation, describeEnd(status));
}

function describeEnd({ state, partitions: { total } }: Status): string {
  if (state === "done") return "The result is incomplete: failed partitions do not count in it.";
  if (state === "failed") return `The query failed: ${total === 1 ? "its only partition" : `each of its ${total} partitions`} did.`;
  return `The query was ${state}.`;
}

/** The format by the extension. Not for `.root`: files of this name are no JSON, so ROOT's JSON must be asked for by name. */
function formatOf(output: string | undefined): Format | undefined {
  const extension = extname(output ?? "")
    .slice(1)
    .toLowerCase();
  return extension === "" || extension === "txt" ? "text" : formats.find((format) => format === extension && format !== "root");
}

interface Rendering {
  readonly format: Format;
  readonly histogram: string | undefined;
  readonly plain: boolean;
}

async function render(invocation: Invocation, status: Status, { format, histogram, plain }: Rendering): Promise<string> {
  if (format === "json") return JSON.stringify(status);
  if (format === "text") {
    const options = drawOptions(invocation);
    return drawStatus(status, { ...options, ...(plain ? { colours: pc.createColors(false) } : {}), histogram });
  }
  const { api, signal } = invocation;
  return (await api.request(api.resultPath(status.id, format, histogram), { signal })).text();
}

async function writeResult(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content.endsWith("\n") ? content : `${content}\n`);
  } catch (error) {
    throw new CommandFailed(exitCodes.failed, `Cannot write the result to ${file}: ${(error as Error).message}`, { cause: error });
  }
}
