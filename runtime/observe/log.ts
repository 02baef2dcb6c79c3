/**
 * The log: on stderr, one JSON object a line, or coloured lines for a person at a terminal; with `--log-file` also as JSON at the end of that file.
 * Standard output is for answers.
 *
 * Promises: a line is written when the call returns, so a process that is killed leaves every line it made; passwords in connection strings,
 * and what the configuration keeps secret, do not appear.
 */
import process from "node:process";
import { type DestinationStream, type Logger, multistream, pino } from "pino";
import pretty from "pino-pretty";
import type { Config } from "../start/config/config.ts";
import { hideSecrets } from "./hide-secrets.ts";

type LogConfig = Pick<Config, "logLevel"> & Partial<Pick<Config, "logFile" | "zookeeperAuth" | "mongodb">>;

/** Throws where the file cannot be written. */
export function createLog(config: LogConfig): Logger {
  const { logLevel: level, logFile } = config;
  const redact = ["authorization", "cookie", "token", "*.authorization", "*.cookie", "*.token"];
  const options = { level, base: null, redact };
  const hide = hideSecrets(config);
  const terminal = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, translateTime: "SYS:HH:MM:ss" })
    : pino.destination({ fd: 2, sync: true });
  const streams = [hiding(terminal, hide)];
  if (logFile !== undefined) streams.push(hiding(pino.destination({ dest: logFile, sync: true, mkdir: true }), hide));
  const [only] = streams;
  return pino(options, streams.length === 1 ? only : multistream(streams.map((stream) => ({ stream, level }))));
}

const hiding = (stream: DestinationStream, hide: (line: string) => string): DestinationStream => ({
  write: (line) => void stream.write(hide(line)),
});
