import process from "node:process";

type Host = { addEventListener?(event: "unload", listener: () => void): void };

/** Runs `action`, which must not wait, when this process ends by itself; Deno's test runner says so by `unload` alone. */
export function atExit(action: () => void): void {
  let isDone = false;
  const once = () => {
    if (!isDone) action();
    isDone = true;
  };
  process.on("exit", once);
  (globalThis as Host).addEventListener?.("unload", once);
}
