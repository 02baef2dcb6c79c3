import type { Log } from "../../base/log.ts";

export const silent: Log = { info() {}, warn() {}, error() {} };

export interface Line {
  readonly level: keyof Log;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A log that keeps its lines. */
export function recordingLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: keyof Log) => (fields: Readonly<Record<string, unknown>>, message: string) => lines.push({ level, fields, message });
  return { log: { info: at("info"), warn: at("warn"), error: at("error") }, lines };
}
