/**
 * `femtoq status` shows how a query is, or the server, its nodes and its queue, as `femtoq nodes` does. `femtoq cancel` ends this client's
 * interest in a query, and with `--force` everybody's.
 */
import type { Command } from "commander";
import { isEnded, type Status } from "../../../functions/api.ts";
import { displayable } from "../../../functions/render/displayable.js";
import { formatAge, formatBytes, formatNumber } from "../../../functions/render/format-number.js";
import { exitCodes } from "../command-failed.ts";
import { describeFailures, drawStatus } from "../draw/draw-status.ts";
import { drawTable } from "../draw/draw-table.ts";
import { drawOptions, type GetInvocation, type Invocation, operatorOf, print, warn, whereOperatorsAsk } from "../invocation.ts";

export function addStatusCommands(program: Command, getInvocation: GetInvocation): void {
  program
    .command("status")
    .description("show how a query is, or, without ID, the server, its nodes and its queue")
    .argument("[id]", "of a query, as `femtoq query` prints it")
    .option("--json", "as the server gives it")
    .addHelpText("after", "\nExamples:\n  femtoq status\n  femtoq status 3f6c…")
    .action(async (id: string | undefined, { json }: { readonly json?: boolean }) => {
      const invocation = getInvocation();
      if (id === undefined) return showServer(invocation, json === true);
      const status = await invocation.api.status(id, invocation.signal);
      await print(invocation, json ? JSON.stringify(status) : drawStatus(status, drawOptions(invocation)));
      for (const line of describeFailures(status)) await warn(invocation, line);
      if (status.state === "failed" || status.state === "cancelled" || status.failures.length > 0) invocation.exitCode = exitCodes.failed;
    });

  program
    .command("nodes")
    .description("show the server, its nodes and its queue")
    .option("--json", "as the server gives it")
    .action(({ json }: { readonly json?: boolean }) => showServer(getInvocation(), json === true));

  program
    .command("cancel")
    .description("withdraw from a query; it stops unless somebody else wants it too")
    .argument("<id>", "of a query, as `femtoq query` prints it")
    .option("--force", `stop it, whoever wants it: ${whereOperatorsAsk}`)
    .action(async (id: string, { force }: { readonly force?: boolean }) => {
      const invocation = getInvocation();
      const { api, signal } = invocation;
      const answer = await (force ? api.stop(id, operatorOf(invocation)) : api.cancel(id, signal));
      const { state } = (await answer.json()) as Status;
      const others = isEnded({ state }) ? "" : "; it goes on, for others want it";
      await print(invocation, state === "done" || state === "failed" ? `it had ended: ${state}` : `withdrawn${others}`);
    });
}

async function showServer(invocation: Invocation, json: boolean): Promise<void> {
  const { api, signal } = invocation;
  const answers = await Promise.all([api.readiness(signal), api.nodes(signal)]);
  const [ready, { nodes, supply, subtasks, store }] = json ? answers : displayable(answers);
  if (ready.length > 0) invocation.exitCode = exitCodes.failed;
  if (json) return print(invocation, JSON.stringify({ ready: ready.length === 0, reasons: ready, nodes, supply, subtasks, store }));
  const right = "right" as const;
  const areTasks = nodes.some(({ task }) => task !== undefined);
  const rows = nodes.map((node) => [
    node.host,
    node.id,
    ...[node.threads, node.running, node.done, node.failed].map(formatNumber),
    // A node with its compute function elsewhere has no cache of its own.
    node.cacheLimit === 0 ? "elsewhere" : `${formatBytes(node.cacheBytes)} of ${formatBytes(node.cacheLimit)}`,
    ...(areTasks ? [node.task ?? ""] : []),
    formatAge((Date.now() - Date.parse(node.since)) / 1000),
  ]);
  const columns = [
    { head: "node" },
    { head: "id" },
    ...["threads", "running", "done", "failed", "columns held"].map((head) => ({ head, align: right })),
    ...(areTasks ? [{ head: "task" }] : []),
    { head: "up for", align: right },
  ];
  const lines = [
    ready.length === 0 ? `${api.server} is ready` : `${api.server} is not ready: ${ready.join("; ")}`,
    `queue: ${formatNumber(subtasks.unowned)} waiting, ${formatNumber(subtasks.owned)} running, ${formatNumber(subtasks.failed)} failed`,
    `store: ${formatNumber(store.bodies)} partials and results, ${formatBytes(store.bytes)} of ${formatBytes(store.limit)}`,
    ...(supply ? [`started where needed: ${supply.there} of ${supply.wanted} nodes`, ...supply.missing.map((why) => `  ${why}`)] : []),
    "",
    ...(nodes.length === 0 ? ["no nodes: what is asked for waits until one starts"] : drawTable(columns, rows)),
    ...nodes.flatMap(({ id, quarantined }) =>
      quarantined ? [`node ${id} claims nothing until ${quarantined.until}: ${quarantined.cause}`] : [],
    ),
  ];
  return print(invocation, lines.join("\n"));
}
