import { register } from "tsx/esm/api";

// Node 20 cannot load TypeScript in a worker thread by itself.
register();
await import("./engine-thread.ts");
