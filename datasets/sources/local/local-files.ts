/** The file systems of this machine, network drives included. */
import type { Source } from "../source.ts";
import { identifyFile, openFile } from "./open-file.ts";

export const localFiles: Source = {
  /** Threads that only read do not load what lists files. */
  list: async (pattern, options) => (await import("./list-files.ts")).listFiles(pattern, options),
  identify: identifyFile,
  open: openFile,
};
