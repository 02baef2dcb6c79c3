import type { Log } from "../../../base/log.ts";

/** A log that says once of a znode that it is skipped, however often it is read; of the first `most`, and of no more. */

const most = 1_000;

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
