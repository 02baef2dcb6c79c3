// The worker thread as it is, except that it ends in its fourth run of a program where a file with this name can be taken away.
import { unlinkSync } from "node:fs";
import process from "node:process";

const { Instance } = WebAssembly;
const { FEMTOQ_TEST_CRASH: marker = "" } = process.env;
let runs = 0;
WebAssembly.Instance = class extends Instance {
  /** @param {WebAssembly.Module} module @param {WebAssembly.Imports} [imports] */
  constructor(module, imports) {
    super(module, imports);
    if (imports?.env?.["heed flags"]) Object.defineProperty(this, "exports", { value: counted(this.exports) });
  }
};

/** A program's functions, of which one ends the thread where its fourth run begins. @param {WebAssembly.Exports} functions */
function counted(functions) {
  const first = /** @type {(begin: number, ...others: number[]) => void} */ (functions["run 0"]);
  return {
    ...functions,
    /** @param {number} begin @param {number[]} others */
    "run 0": (begin, ...others) => {
      if (begin === 0 && ++runs === 4 && take()) process.exit(3);
      return first(begin, ...others);
    },
  };
}

/** Whether the file is there; then it is not afterwards. */
function take() {
  try {
    unlinkSync(marker);
    return true;
  } catch {
    return false;
  }
}

await import("Deno" in globalThis ? "../../../../runtime/threads/worker.ts" : "../../../../runtime/threads/worker-node.mjs");
