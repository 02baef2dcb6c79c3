/** Reads the values of `--data`, which name datasets: `NAME=PATH_OR_GLOB_OR_URL[:TREE]`. */
import { DatasetError } from "../dataset.ts";
import { fileEndings } from "../formats.ts";
import { sourceOf } from "../sources/sources.ts";
import { splitTree } from "./split-tree.ts";

/** `pattern`: a path, a URL or a glob pattern of them, and which tree in the files is meant (`split-tree.ts`). */
export interface DataOption {
  readonly name: string;
  readonly pattern: string;
}

const nameRule = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Throws `DatasetError` that says what would be right. */
export function parseDataOption(text: string): DataOption {
  const equals = text.indexOf("=");
  if (equals < 0) throw refusal(`NAME=PATH_OR_GLOB_OR_URL[:TREE] is required, current value is "${text}"`);
  const name = text.slice(0, equals).trim();
  const pattern = text.slice(equals + 1).trim();
  refuseBadName(name);
  if (pattern === "")
    throw refusal(`dataset ${name} needs a path or a glob pattern after the "=", as in ${name}=events/*${fileEndings[0]}`);
  sourceOf(splitTree(pattern).files);
  return { name, pattern };
}

export function refuseBadName(name: string): void {
  if (nameRule.test(name)) return;
  const rule = "1 to 100 letters, digits, _, - and ., starting with a letter or a digit";
  throw refusal(`the name must be ${rule}, current value is "${name}"`);
}

function refusal(reason: string): DatasetError {
  return new DatasetError(`Cannot use the dataset: ${reason}`, { permanent: true });
}
