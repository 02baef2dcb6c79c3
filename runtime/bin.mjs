#!/usr/bin/env node
// The installed command: Node runs the TypeScript sources through tsx.
import { register } from "tsx/esm/api";

register();
await import("./femtoq.ts");
