/** The file systems of this machine, network drives included. */
import type { Source } from "../source.ts";
import { openFile } from "./open-file.ts";

let listing: Promise<typeof import("./list-files.ts")> | undefined;

/** Loaded when it is first used, for threads that only read do not need it; and once, for an import takes longer than all else of a stored repeat. */
function loadListing(): Promise<typeof import("./list-files.ts")> {
  listing ??= import("./list-files.ts");
  return listing;
}

export const localFiles: Source = {
  list: async (pattern, options) => (await loadListing()).listFiles(pattern, options),
  open: openFile,
};
