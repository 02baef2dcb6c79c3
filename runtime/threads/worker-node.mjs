import { register } from "tsx/esm/api";

// Node 20 cannot load TypeScript in a worker thread by itself, nor with `--import tsx`.
register();
await import("./worker.ts");
