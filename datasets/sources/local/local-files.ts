/** The file systems of this machine, network drives included. */
import type { Source } from "../source.ts";
import { openFile } from "./open-file.ts";

let listing: Promise<typeof import("./list-files.ts")> | undefined;

/** Loads the listing at first use, since threads that only read do not need it, and keeps it, since an import takes long each time. */
function loadListing(): Promise<typeof import("./list-files.ts")> {
  listing ??= import("./list-files.ts");
  return listing;
}

export const localFiles: Source = {
  list: async (pattern, options) => (await loadListing()).listFiles(pattern, options),
  open: openFile,
};
