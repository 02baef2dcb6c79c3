/** What the operator writes to name a dataset: `NAME=PATH_OR_GLOB`. */
import { DatasetError } from "../dataset.ts";

export interface DataOption {
  readonly name: string;
  readonly pattern: string;
}

const nameRule = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Throws `DatasetError` that says what would be right. */
export function parseDataOption(text: string): DataOption {
  const equals = text.indexOf("=");
  if (equals < 0) throw refusal(`NAME=PATH_OR_GLOB is required, current value is "${text}"`);
  const name = text.slice(0, equals).trim();
  const pattern = text.slice(equals + 1).trim();
  refuseBadName(name);
  if (pattern === "") throw refusal(`dataset ${name} needs a path or a glob pattern after the "=", as in ${name}=events/*.parquet`);
  if (/^[a-z][a-z0-9+]*:\/\//i.test(pattern)) {
    throw refusal(`dataset ${name} must be files of this machine, current value is ${pattern}; this version reads no URLs`);
  }
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
