/** `femtoq functions` lists the query functions of the server, or calls one. */
import type { Command } from "commander";
import type { Status } from "../../../functions/api.ts";
import { displayable } from "../../../functions/render/displayable.js";
import { CommandFailed, exitCodes } from "../command-failed.ts";
import { drawOptions, type GetInvocation, type Invocation, print } from "../invocation.ts";
import { type ResultOptions, runToResult, withResultOptions } from "./query-command.ts";

interface Listed {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, { readonly type: string; readonly description: string; readonly default: unknown }>>;
}

export function addFunctionsCommand(program: Command, getInvocation: GetInvocation): void {
  withResultOptions(program.command("functions"))
    .description("list the query functions, or call one")
    .argument("[name]", "of a function")
    .argument("[parameters...]", "as NAME=VALUE")
    .addHelpText(
      "after",
      "\nExamples:\n  femtoq functions\n  femtoq functions dimuon-mass ptMin=20 bins=200\n  femtoq functions dimuon-mass --format svg --output mass.svg",
    )
    .action(async (name: string | undefined, parameters: readonly string[], options: ResultOptions) => {
      const invocation = getInvocation();
      if (name === undefined) return listFunctions(invocation);
      const path = `/functions/${encodeURIComponent(name)}?${new URLSearchParams(parameters.map(readParameter))}`;
      // With `wait=0` the answer comes at once and names the query, which can then be followed and withdrawn.
      const headers = { accept: "application/json", prefer: "wait=0" };
      await runToResult(invocation, (signal) => invocation.api.json(path, { signal, headers }) as Promise<Status>, options);
    });
}

async function listFunctions(invocation: Invocation): Promise<void> {
  const { functions } = (await invocation.api.json("/functions", { signal: invocation.signal })) as {
    readonly functions: readonly Listed[];
  };
  const { bold, dim } = drawOptions(invocation).colours;
  const lines = displayable(functions).flatMap(({ name, description, parameters }) => [
    bold(name),
    `  ${description}`,
    ...Object.entries(parameters).map(
      ([parameter, { type, description: what, default: usual }]) => `  ${parameter}=${usual} ${dim(`${type}: ${what}`)}`,
    ),
  ]);
  await print(invocation, lines.length > 0 ? lines.join("\n") : "The server has no query functions.");
}

function readParameter(text: string): [string, string] {
  const split = text.indexOf("=");
  if (split < 1) throw new CommandFailed(exitCodes.badQuery, `Cannot use ${text} as a parameter: it must be NAME=VALUE`);
  return [text.slice(0, split), text.slice(split + 1)];
}
