/** The options that say how much one process takes on at a time. */
import { type Command, Option } from "commander";
import { type Limits, usualLimits } from "../../../functions/admission/limits.ts";

export interface LimitConfig {
  /** Requests begun and not answered; those that wait because the client asked for it are not among them. */
  readonly mostRequests: number;
  readonly mostQueries: number;
  readonly mostQueriesEach: number;
  readonly mostStreams: number;
  readonly mostStreamsEach: number;
  /** Seconds. */
  readonly longestWait: number;
  /** Subtasks that wait or run, in the whole cluster. */
  readonly mostQueued: number;
}

export function addLimitOptions(command: Command): Command {
  const add = (flag: string, variable: string, [usual, description]: readonly [number, string]) =>
    command.addOption(new Option(`${flag} <N>`, description).env(variable).default(`${usual}`));
  add("--most-requests", "FEMTOQ_MOST_REQUESTS", [1_000, "requests at a time; those beyond get 503 and Retry-After"]);
  add("--most-queries", "FEMTOQ_MOST_QUERIES", [usualLimits.queries, "queries under way at a time; stored ones are answered all the same"]);
  add("--most-queries-each", "FEMTOQ_MOST_QUERIES_EACH", [usualLimits.clientQueries, "queries under way of one client; beyond: 429"]);
  add("--most-streams", "FEMTOQ_MOST_STREAMS", [usualLimits.streams, "event streams and other answers that clients wait for"]);
  add("--most-streams-each", "FEMTOQ_MOST_STREAMS_EACH", [usualLimits.clientStreams, "the same of one client; beyond: 429"]);
  add("--longest-wait", "FEMTOQ_LONGEST_WAIT", [
    usualLimits.longestWait / 1000,
    "seconds that queries may wait to begin before new ones get 503, where 50 are under way",
  ]);
  add("--most-queued", "FEMTOQ_MOST_QUEUED", [1_000_000, "partitions that wait or run, in the whole cluster; beyond: 503"]);
  return command;
}

export const limitsOf = (config: LimitConfig): Limits => ({
  queries: config.mostQueries,
  clientQueries: config.mostQueriesEach,
  streams: config.mostStreams,
  clientStreams: config.mostStreamsEach,
  longestWait: config.longestWait * 1000,
});
