/**
 * Makes instances of compiled modules, and keeps each for the next run of its module over the same memory: making one takes as long as computing some thousand
 * events.
 *
 * Guarantees: an instance computes what a new one would. All its state is the numbers that the caller sets before each run; one on which numbers were set is
 * not used by runs without numbers, which compute with those that the module was compiled with. An instance lives no longer than its module.
 */
import { isRun } from "../compile/work-area.ts";

export type Code = (...args: number[]) => number;

export interface Instance {
  readonly functions: Readonly<Record<string, Code>>;
  /** The functions that add events, in their order. */
  readonly runs: readonly Code[];
  /** The code calls this between its loops. Each run sets it, so that its own flags are heeded: to stop, or to leave its turn to another run. */
  heed: () => number;
}

interface Kept {
  readonly hasNumbers: boolean;
  readonly instance: Instance;
}

/** The latest instance of each module over each memory, unless it is in use. A node has several memories. */
const kept = new WeakMap<WebAssembly.Module, WeakMap<WebAssembly.Memory, Kept>>();

export interface InstanceOptions {
  readonly memory: WebAssembly.Memory;
  /** Whether the caller sets the module's numbers before the run. */
  readonly hasNumbers: boolean;
}

/** Runs `use` with an instance. The instance is not used again if that throws. */
export function withInstance<T>(module: WebAssembly.Module, { memory, hasNumbers }: InstanceOptions, use: (instance: Instance) => T): T {
  const ofModule = kept.get(module) ?? new WeakMap<WebAssembly.Memory, Kept>();
  kept.set(module, ofModule);
  const known = ofModule.get(memory);
  ofModule.delete(memory);
  const isFit = known !== undefined && known.hasNumbers === hasNumbers;
  const instance = isFit ? known.instance : instantiate(module, memory);
  const result = use(instance);
  ofModule.set(memory, { hasNumbers, instance });
  return result;
}

function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Instance {
  const env = { memory, "heed flags": () => instance.heed() };
  const functions = new WebAssembly.Instance(module, { env }).exports as Record<string, Code>;
  // A later release may export more, which is not to be called here.
  const runs = Object.keys(functions)
    .filter(isRun)
    .map((name) => functions[name]);
  const instance: Instance = { functions, runs, heed: () => 0 };
  return instance;
}
