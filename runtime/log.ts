import process from "node:process";
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";
import type { Config } from "./config.ts";

/** On stderr: one JSON object a line, or coloured lines for a person at a terminal. Standard output is for answers. */
export function createLog({ logLevel }: Pick<Config, "logLevel">): Logger {
  const options = { level: logLevel, base: null, redact: ["authorization", "cookie", "token", "*.authorization", "*.cookie", "*.token"] };
  if (process.stderr.isTTY) return pino(options, pretty({ destination: 2, sync: true, translateTime: "SYS:HH:MM:ss" }));
  return pino(options, pino.destination({ fd: 2, sync: true }));
}
