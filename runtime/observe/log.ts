/**
 * The log: on stderr, one JSON object a line, or coloured lines for a person at a terminal; with `--log-file` also as JSON at the end of that file.
 * Standard output is for answers.
 *
 * Promises: a line is written when the call returns, so a process that is killed leaves every line it made; passwords in connection strings,
 * and what the configuration keeps secret, do not appear; control characters of what clients sent are shown escaped.
 */
import process from "node:process";
import { type DestinationStream, type Logger, multistream, pino } from "pino";
import pretty from "pino-pretty";
import { escapeText } from "../../functions/render/displayable.js";
import type { Config } from "../start/config/config.ts";

type Secrets = Partial<Pick<Config, "zookeeperAuth" | "computeSecret" | "mongodb">>;
type LogConfig = Pick<Config, "logLevel"> & Partial<Pick<Config, "logFile">> & Secrets;

/** Throws where the file cannot be written. */
export function createLog(config: LogConfig): Logger {
  const { logLevel: level, logFile } = config;
  const redact = ["authorization", "cookie", "token", "*.authorization", "*.cookie", "*.token"];
  const options = { level, base: null, redact };
  const hide = hideSecrets(config);
  const terminal = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, translateTime: "SYS:HH:MM:ss" })
    : pino.destination({ fd: 2, sync: true });
  const streams = [showing(terminal, process.stderr.isTTY ? (line) => escapeTwice(hide(line)) : hide)];
  if (logFile !== undefined) streams.push(showing(pino.destination({ dest: logFile, sync: true, mkdir: true }), hide));
  const [only] = streams;
  return pino(options, streams.length === 1 ? only : multistream(streams.map((stream) => ({ stream, level }))));
}

/** JSON escapes the control characters of ASCII; others that a terminal may obey are escaped here. */
const showing = (stream: DestinationStream, hide: (line: string) => string): DestinationStream => ({
  write: (line) => void stream.write(hide(`${escapeText(line.trimEnd())}\n`)),
});

/** What is escaped in a line of JSON stays so when the line is read and its texts are shown; ends of lines do not, for stacks have them. */
export const escapeTwice = (line: string): string => line.replace(/(?<!\\)((?:\\\\)*)\\(u[0-9a-f]{4}|[bfr])/gi, "$1\\\\$2");

const password = /([a-z][a-z0-9+.-]*:\/\/[^\s/@:"]*):[^\s/@"]+@/gi;
/** Shorter ones would hide what only looks like them. */
const shortestSecret = 4;

/** What must not be read in a log: passwords inside URLs, and the secrets of a configuration wherever they turn up. */
export function hideSecrets(config: Secrets): (line: string) => string {
  const secrets = [config.zookeeperAuth?.replace(/^[^:]*:/, ""), config.computeSecret, ...passwordsOf(config.mongodb)].filter(
    (secret): secret is string => secret !== undefined && secret.length >= shortestSecret,
  );
  return (line) => {
    let shown = line.includes("@") ? line.replace(password, "$1:***@") : line;
    for (const secret of secrets) if (shown.includes(secret)) shown = shown.replaceAll(secret, "***");
    return shown;
  };
}

/** As the connection string has it, and as it is meant. */
function passwordsOf(uri: string | undefined): readonly (string | undefined)[] {
  const written = /^[^/]*\/\/[^/@:]*:([^@]+)@/.exec(uri ?? "")?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch (error) {
    // A lone percent sign: then it is meant as it is written.
    if (error instanceof URIError) return [written];
    throw error;
  }
}
