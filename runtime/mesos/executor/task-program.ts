/** The programs that tasks of our executor can run. */
import { z } from "zod";
import type { CommandInfo, TaskInfo } from "../protocol/shapes.ts";

export type TaskProgram =
  /** Femtoq's server, with these options. */
  | { readonly kind: "node"; readonly arguments: readonly string[] }
  | { readonly kind: "command"; readonly command: CommandInfo }
  /** No program: the task ends at once, and its updates carry its `data`. */
  | { readonly kind: "echo" };

const texts = z.array(z.string()).readonly();

const form = z.discriminatedUnion("femtoq", [
  z.strictObject({ femtoq: z.literal("node"), arguments: texts }),
  z.strictObject({
    femtoq: z.literal("command"),
    value: z.string(),
    arguments: texts.optional(),
    environment: z.record(z.string(), z.string()).readonly().optional(),
  }),
]);

/** The `data` of a task for which our executor shall run a node with these options. */
export const encodeNodeProgram = (options: readonly string[]): Uint8Array => encode({ femtoq: "node", arguments: options });

/** The `data` of a task for which our executor shall run a command. */
export const encodeCommandProgram = (command: Pick<CommandInfo, "value" | "arguments" | "environment">): Uint8Array =>
  encode({ femtoq: "command", ...command });

const encode = (program: z.input<typeof form>): Uint8Array => new TextEncoder().encode(JSON.stringify(program));

export function readProgram({ command, data }: Pick<TaskInfo, "command" | "data">): TaskProgram {
  if (command) return { kind: "command", command };
  const { data: program } = form.safeParse(data && parse(data));
  if (program === undefined) return { kind: "echo" };
  if (program.femtoq === "node") return { kind: "node", arguments: program.arguments };
  const { value, arguments: words, environment } = program;
  return { kind: "command", command: { value, ...(words && { arguments: words }), ...(environment && { environment }) } };
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
