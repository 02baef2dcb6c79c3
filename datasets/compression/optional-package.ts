/** Loads packages that not every machine can install. They are loaded when they are first needed, so that they cost nothing otherwise. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Loads a package; undefined if it is not installed or does not work on this machine. */
export function loadOptional<Package>(name: string): Package | undefined {
  try {
    return require(name) as Package;
  } catch {
    return undefined;
  }
}
