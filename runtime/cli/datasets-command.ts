/** `femtoq datasets`: what there is to query, and the columns of one dataset. */
import type { Command } from "commander";
import type { DatasetDescription } from "../../functions/client/api-client.js";
import { formatBytes, formatNumber } from "../../functions/render/format-number.js";
import { drawOptions, type GetContext, print } from "./context.ts";
import { drawTable } from "./draw-table.ts";

export function addDatasetsCommand(program: Command, getContext: GetContext): void {
  program
    .command("datasets")
    .description("list the datasets, or the columns of one")
    .argument("[name]", "of a dataset")
    .option("--json", "as the server gives it")
    .addHelpText("after", "\nExamples:\n  femtoq datasets\n  femtoq datasets demo")
    .action(async (name: string | undefined, { json }: { readonly json?: boolean }) => {
      const context = getContext();
      const { api, signal } = context;
      if (name === undefined) {
        const datasets = await api.datasets(signal);
        const rows = datasets.map((each) => [each.name, ...sizes(each), each.preparing ? preparingNote(each.preparing) : ""]);
        const right = "right" as const;
        const columns = [
          { head: "dataset" },
          { head: "events", align: right },
          { head: "partitions", align: right },
          { head: "size", align: right },
          { head: "" },
        ];
        return print(context, json ? JSON.stringify({ datasets }) : drawTable(columns, rows).join("\n"));
      }
      const dataset = await api.dataset(name, signal);
      return print(context, json ? JSON.stringify(dataset) : describeDataset(dataset, drawOptions(context).colours.bold));
    });
}

const sizes = ({ entries, partitions, bytes }: { readonly entries: number; readonly partitions: number; readonly bytes: number }) => [
  formatNumber(entries),
  formatNumber(partitions),
  formatBytes(bytes),
];

const preparingNote = ({ entries, total }: { readonly entries: number; readonly total: number }) =>
  `being made: ${formatNumber(entries)} of ${formatNumber(total)} events`;

function describeDataset(dataset: DatasetDescription, bold: (text: string) => string): string {
  const [events, partitions, size] = sizes(dataset);
  const head = `${bold(dataset.name)} · ${events} events · ${partitions} partitions · ${size}`;
  const rows = dataset.columns.map(({ name, dtype, nullable, collection, member }) => [
    name,
    `${collection === undefined ? "" : "list of "}${dtype}${nullable ? ", may be missing" : ""}`,
    member ? `${member.record}.${member.field}` : "",
  ]);
  const notes = [
    ...(dataset.preparing ? [preparingNote(dataset.preparing)] : []),
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
