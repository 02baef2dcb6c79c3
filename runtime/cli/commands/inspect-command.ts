/** `femtoq inspect` tells what is in a file, and how it could be queried. It reads the file itself, without a server. */
import type { Command } from "commander";
import { DatasetError } from "../../../datasets/dataset.ts";
import type { TreeSummary } from "../../../datasets/format.ts";
import type { InspectedColumn, Inspection } from "../../../datasets/inspect/inspect-files.ts";
import type { Statistics } from "../../../datasets/inspect/read-statistics.ts";
import { displayable } from "../../../functions/render/displayable.js";
import { formatBytes, formatNumber } from "../../../functions/render/format-number.js";
import { CommandFailed, exitCodes } from "../command-failed.ts";
import { type Column, drawTable } from "../draw/draw-table.ts";
import { showSteps } from "../draw/show-progress.ts";
import { drawOptions, type GetInvocation, type Invocation, print, warn } from "../invocation.ts";

interface InspectOptions {
  readonly stats?: boolean;
  readonly json?: boolean;
}

/** A column with the statistics of its values, or why they could not be read. */
interface ReadColumn {
  readonly column: InspectedColumn;
  readonly statistics?: Statistics;
  readonly failure?: string;
}

export function addInspectCommand(program: Command, getInvocation: GetInvocation): void {
  program
    .command("inspect")
    .description("tell what is in a file: trees, columns, types, sizes, and what cannot be used and why; no server is needed")
    .argument("<file>", "a path, a URL or a pattern in quotes, as after --data NAME= of the server")
    .option("--stats", "read every column: number of values, sum, least, largest, and how many are not finite")
    .option("--json", "JSON lines, one for each column")
    .addHelpText(
      "after",
      `
Examples:
  femtoq inspect events.parquet
  femtoq inspect events.parquet --stats
  femtoq inspect events.parquet --stats --json | grep '"Muon_pt"'`,
    )
    .action(async (pattern: string, options: InspectOptions) => {
      const invocation = getInvocation();
      try {
        await inspect(invocation, pattern, options);
      } catch (error) {
        if (error instanceof DatasetError) throw new CommandFailed(exitCodes.failed, error.message, { cause: error });
        throw error;
      }
    });
}

async function inspect(invocation: Invocation, pattern: string, { stats = false, json = false }: InspectOptions): Promise<void> {
  // Loaded here, since most commands read no files.
  const { inspectFiles, inspectTrees } = await import("../../../datasets/inspect/inspect-files.ts");
  const inspection = await inspectFiles(pattern).catch(async (error: unknown) => {
    // If the file has several trees, shows them before the error.
    const trees = error instanceof DatasetError ? await inspectTrees(pattern).catch(() => []) : [];
    if (trees.length > 0 && !json) await print(invocation, `${drawTrees(displayable(trees)).join("\n")}\n\n`);
    throw error;
  });
  const { columns, unsupported, broken } = inspection;
  const read: ReadColumn[] = [];
  for await (const each of stats ? readAll(invocation, inspection) : columns.map((column) => ({ column }))) {
    if (json) await print(invocation, JSON.stringify(asJson(each, stats)));
    else read.push(displayable(each));
  }
  const unusable = unsupported.map(({ name, reason }) => ({ column: name, unusable: reason }));
  if (json) for (const each of unusable) await print(invocation, JSON.stringify(each));
  else {
    // Printed when all is read, so that an error does not come after half a table.
    const head = describeHead(displayable({ ...inspection, dataset: undefined }), drawOptions(invocation).colours.bold);
    await print(invocation, head + drawColumns(read, stats).join("\n"));
  }
  const notes = [
    ...(json ? [] : displayable(unusable).map(({ column, unusable }) => `${column} cannot be used: ${unusable}`)),
    ...broken.map(({ file, cause }) => `${file.path} cannot be read: ${cause}`),
  ];
  if (notes.length > 0) await (json ? warn(invocation, notes.join("\n")) : print(invocation, `\n${notes.join("\n")}`));
  if (broken.length > 0) invocation.exitCode = exitCodes.failed;
}

/** Reads one column after the other. A column that cannot be read is named, and the others are still read. */
async function* readAll(invocation: Invocation, { dataset, partitions, columns }: Inspection): AsyncGenerator<ReadColumn> {
  const { terminal, signal } = invocation;
  const { readStatistics } = await import("../../../datasets/inspect/read-statistics.ts");
  const steps = showSteps(terminal.stderr, { total: partitions.length * columns.length, of: "columns of partitions" });
  try {
    for (const [index, column] of columns.entries()) {
      try {
        const options = { signal, onPartition: () => steps.next(column.name) };
        yield { column, statistics: await readStatistics(dataset, partitions, column, options) };
      } catch (error) {
        const failure = failureOf(error, column);
        if (failure === undefined) throw error;
        invocation.exitCode = exitCodes.failed;
        yield { column, failure };
      }
      steps.reach((index + 1) * partitions.length);
    }
  } finally {
    steps.stop();
  }
}

/** The message for an error; also for a damaged file that states more values than fit into memory. Undefined for other errors. */
function failureOf(error: unknown, { name }: InspectedColumn): string | undefined {
  if (error instanceof DatasetError) return error.message;
  return error instanceof RangeError
    ? `Cannot read column ${name}: what its file states does not fit into memory (${error.message})`
    : undefined;
}

function asJson({ column, statistics, failure }: ReadColumn, stats: boolean) {
  const { name, type, lists, member, isRounded, stored } = column;
  if (failure !== undefined) return { column: name, type, error: failure };
  if (!stats) return { column: name, type, lists, ...(member && { member }), ...(isRounded && { isRounded }), ...stored };
  const { values, missing, sum, min, max, nonfinite, exact } = statistics!;
  return {
    column: name,
    type,
    values,
    sum: Number.isFinite(sum) ? sum : null,
    min,
    max,
    nonfinite,
    ...(exact && { exact }),
    ...(missing > 0 && { missing }),
  };
}

function describeHead(inspection: Omit<Inspection, "dataset">, bold: (text: string) => string): string {
  const { name, formats, files, entries, bytes, partitions, trees } = inspection;
  const parts = [
    bold(name),
    formats.join(", "),
    ...(files > 1 ? [`${formatNumber(files)} files`] : []),
    `${formatNumber(entries)} entries`,
    `${formatNumber(partitions.length)} partition${partitions.length === 1 ? "" : "s"}`,
    formatBytes(bytes),
  ];
  return `${[parts.join(" · "), ...(trees.length > 0 ? ["", ...drawTrees(trees)] : [])].join("\n")}\n\n`;
}

const drawTrees = (trees: readonly TreeSummary[]): readonly string[] =>
  drawTable(
    [{ head: "tree" }, { head: "class" }, { head: "entries", align: "right" }],
    trees.map(({ name, className, entries }) => [name, className, entries === undefined ? "–" : formatNumber(entries)]),
  );

function drawColumns(read: readonly ReadColumn[], stats: boolean): readonly string[] {
  const right = "right" as const;
  const heads: Column[] = [{ head: "column" }, { head: "type" }, { head: "also as" }];
  const hasSizes = read.some(({ column }) => column.stored);
  const hasCompressions = read.some(({ column }) => column.stored?.compression !== undefined);
  if (hasSizes) heads.push({ head: "stored", align: right });
  if (hasCompressions) heads.push({ head: "compression" });
  if (stats) heads.push(...["values", "least", "largest", "sum"].map((head) => ({ head, align: right })), { head: "" });
  const rows = read.map(({ column, statistics, failure }) => {
    const { name, type, member, stored } = column;
    const sizes = [...(hasSizes ? [stored ? formatBytes(stored.bytes) : ""] : []), ...(hasCompressions ? [stored?.compression ?? ""] : [])];
    const values = stats ? describeStatistics(statistics, failure === undefined ? [] : [failure]) : [];
    return [name, type, member ? `${member.record}.${member.field}` : "", ...sizes, ...values];
  });
  return drawTable(heads, rows);
}

function describeStatistics(statistics: Statistics | undefined, notes: readonly string[]): readonly string[] {
  if (!statistics) return ["", "", "", "", notes.join("; ")];
  const { values, min, max, sum, nonfinite, missing, exact } = statistics;
  const number = (value: number | null) => (value === null ? "–" : formatNumber(value));
  const counted = [
    ...(nonfinite > 0 ? [`${formatNumber(nonfinite)} not finite`] : []),
    ...(missing > 0 ? [`${formatNumber(missing)} missing`] : []),
    ...(exact ? ["integers from 2⁵³ on are rounded"] : []),
    ...(sum !== null && !Number.isFinite(sum) ? ["the sum is beyond float64"] : []),
    ...notes,
  ];
  return [formatNumber(values), exact?.min ?? number(min), exact?.max ?? number(max), number(sum), counted.join("; ")];
}
