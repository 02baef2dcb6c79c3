import { getPriority, setPriority } from "node:os";
import process from "node:process";
import { register } from "tsx/esm/api";

// Before anything is loaded, since loading takes half a second of a processor, which would otherwise keep the main thread from answering. The thread that tsx
// starts for its own work inherits the priority. Only on Linux, since elsewhere it would affect the whole process.
if (process.platform === "linux") {
  try {
    setPriority(Math.min(19, getPriority() + 5));
  } catch {
    // If that is not permitted, all threads have the same priority.
  }
}
// Node 20 cannot load TypeScript in a worker thread by itself, nor with `--import tsx`.
register();
await import("./worker.ts");
