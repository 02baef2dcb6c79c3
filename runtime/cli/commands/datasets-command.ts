/** `femtoq datasets` lists the datasets, or the columns of one. */
import type { Command } from "commander";
import type { DatasetDescription, DatasetSummary } from "../../../functions/client/api-client.js";
import { describeColumn } from "../../../functions/render/describe-column.js";
import { displayable } from "../../../functions/render/displayable.js";
import { formatBytes, formatNumber } from "../../../functions/render/format-number.js";
import { CommandFailed, exitCodes } from "../command-failed.ts";
import { drawTable } from "../draw/draw-table.ts";
import { drawOptions, type GetInvocation, operatorOf, print, whereOperatorsAsk } from "../invocation.ts";

export function addDatasetsCommand(program: Command, getInvocation: GetInvocation): void {
  program
    .command("datasets")
    .description("list the datasets, or the columns of one")
    .argument("[name]", "of a dataset")
    .option("--json", "as the server gives it")
    .option("--forget", `remove the dataset's name, which no running server was started with; files and results stay: ${whereOperatorsAsk}`)
    .addHelpText("after", "\nExamples:\n  femtoq datasets\n  femtoq datasets demo\n  femtoq datasets old --forget")
    .action(async (name: string | undefined, { json, forget }: { readonly json?: boolean; readonly forget?: boolean }) => {
      const invocation = getInvocation();
      const { api, signal } = invocation;
      if (forget) {
        if (name === undefined) throw new CommandFailed(exitCodes.badQuery, "Cannot forget a dataset: its name is required");
        await api.forgetDataset(name, operatorOf(invocation));
        return print(invocation, "forgotten");
      }
      if (name === undefined) {
        const datasets = await api.datasets(signal);
        const rows = displayable(datasets).map((each) => [each.name, ...sizes(each), noteOf(each)]);
        const right = "right" as const;
        const columns = [
          { head: "dataset" },
          { head: "events", align: right },
          { head: "partitions", align: right },
          { head: "size", align: right },
          { head: "" },
        ];
        return print(invocation, json ? JSON.stringify({ datasets }) : drawTable(columns, rows).join("\n"));
      }
      const dataset = await api.dataset(name, signal);
      return print(
        invocation,
        json ? JSON.stringify(dataset) : describeDataset(displayable(dataset), drawOptions(invocation).colours.bold),
      );
    });
}

const sizes = ({ entries, partitions, bytes }: { readonly entries: number; readonly partitions: number; readonly bytes: number }) => [
  formatNumber(entries),
  formatNumber(partitions),
  formatBytes(bytes),
];

const noteOf = ({ preparing, notices, error }: DatasetSummary) =>
  error ?? notices?.join("; ") ?? (preparing ? preparingNote(preparing) : "");

const preparingNote = ({ entries, total }: { readonly entries: number; readonly total: number }) =>
  `being made: ${formatNumber(entries)} of ${formatNumber(total)} events`;

function describeDataset(dataset: DatasetDescription, bold: (text: string) => string): string {
  const [events, partitions, size] = sizes(dataset);
  const head = `${bold(dataset.name)} · ${events} events · ${partitions} partitions · ${size}`;
  const rows = dataset.columns.map((column) => [
    column.name,
    describeColumn(column),
    column.member ? `${column.member.record}.${column.member.field}` : "",
  ]);
  const notes = [
    ...[noteOf(dataset)].filter((note) => note !== ""),
    ...(dataset.nullableLists?.length ? [`lists that may be null (NAME?.length asks): ${dataset.nullableLists.join(", ")}`] : []),
    ...dataset.unsupported.map(({ name, reason }) => `${name} cannot be used: ${reason}`),
    ...dataset.broken.map(({ file, cause }) => `${file} cannot be read: ${cause}`),
  ];
  return [
    head,
    "",
    ...drawTable([{ head: "column" }, { head: "type" }, { head: "also as" }], rows),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ].join("\n");
}
