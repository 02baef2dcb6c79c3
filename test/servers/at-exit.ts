import process from "node:process";

type Host = { addEventListener?(event: "unload", listener: () => void): void };

const actions = new Set<() => void>();

function runAll(): void {
  for (const action of actions) action();
  actions.clear();
}

process.on("exit", runAll);
// Deno's test runner emits only this event at its end.
(globalThis as Host).addEventListener?.("unload", runAll);

/** Runs `action`, which must not wait, when this process ends by itself, unless the returned function was called before. */
export function atExit(action: () => void): () => void {
  actions.add(action);
  return () => void actions.delete(action);
}
