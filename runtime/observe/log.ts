/**
 * The log. It goes to standard error, as one JSON object a line or, at a terminal, as coloured lines for people; with `--log-file` it is also appended as
 * JSON to that file. Standard output is for answers.
 *
 * Guarantees: a line is written when the call returns, so a killed process loses none. Passwords in connection strings and secrets of the configuration
 * do not appear. Control characters in clients' texts are escaped.
 */
import process from "node:process";
import { type DestinationStream, type Logger, multistream, pino } from "pino";
import pretty from "pino-pretty";
import { escapeText } from "../../functions/render/displayable.js";
import type { Config } from "../start/config/config.ts";

type Secrets = Partial<Pick<Config, "zookeeperAuth" | "computeSecret" | "mongodb">>;
type LogConfig = Pick<Config, "logLevel"> & Partial<Pick<Config, "logFile">> & Secrets;

/** Throws if the file cannot be written. */
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

/** JSON escapes the control characters of ASCII; this escapes the others that a terminal may obey. */
const showing = (stream: DestinationStream, hide: (line: string) => string): DestinationStream => ({
  write: (line) => void stream.write(hide(`${escapeText(line.trimEnd())}\n`)),
});

/** Escapes a line of JSON so that control characters stay escaped when its texts are shown. Line breaks are excepted, since stacks have them. */
export const escapeTwice = (line: string): string => line.replace(/(?<!\\)((?:\\\\)*)\\(u[0-9a-f]{4}|[bfr])/gi, "$1\\\\$2");

const password = /([a-z][a-z0-9+.-]*:\/\/[^\s/@:"]*):[^\s/@"]+@/gi;
/** Shorter secrets are not hidden, since they would match unrelated text. */
const shortestSecret = 4;

/** Hides passwords inside URLs, and the secrets of the configuration wherever they occur. */
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

/** The password of a connection string, both as it is written and unescaped. */
function passwordsOf(uri: string | undefined): readonly (string | undefined)[] {
  const written = /^[^/]*\/\/[^/@:]*:([^@]+)@/.exec(uri ?? "")?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch (error) {
    // With a lone percent sign it is not escaped.
    if (error instanceof URIError) return [written];
    throw error;
  }
}
