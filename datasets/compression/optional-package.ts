/** Packages that are installed where they can be: loaded when first needed, so that nobody else pays for them. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Undefined where it is not installed, or does not work on this machine. */
export function loadOptional<Package>(name: string): Package | undefined {
  try {
    return require(name) as Package;
  } catch {
    return undefined;
  }
}
