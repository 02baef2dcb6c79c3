/** Logs once of a znode that it is skipped, however often it is read. */
import type { Log } from "../../../base/log.ts";

/** The most znodes for which this is logged; for further ones it is not. */
const most = 1_000;

/** A log for the coordinator: warnings about one znode come once. */
export function logSkipsOnce(log: Log): Log {
  const said = new Set<unknown>();
  return {
    info: (fields, message) => log.info(fields, message),
    error: (fields, message) => log.error(fields, message),
    warn(fields, message) {
      const { znode } = fields;
      if (znode === undefined) log.warn(fields, message);
      else if (!said.has(znode) && said.size < most) {
        said.add(znode);
        log.warn(fields, message);
      }
    },
  };
}

export function logSkip(log: Log, znode: string): void {
  log.warn({ znode }, "a znode is not of the form that this version knows; it is skipped");
}
