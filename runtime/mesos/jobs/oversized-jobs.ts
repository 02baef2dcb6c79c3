/** Finds jobs that are too large for every agent of the cluster, so that people learn of it at once instead of waiting in vain. */
import type { Leaders } from "../leader/leaders.ts";
import { authorization, type Credentials } from "../protocol/credentials.ts";
import { agentList } from "../protocol/decode-shapes.ts";
import { openStream, readText } from "../protocol/http-client.ts";
import { resolveRedirect } from "../protocol/judge-answer.ts";
import { addNeeds, biggestOf, describeNeed, describeRoom, fits, needOf, type Room, roomOf } from "../scheduler/room.ts";
import { executorNeed } from "../scheduler/task-info.ts";
import type { WantedTask } from "../scheduler/wanted-task.ts";

export interface AgentSize {
  readonly hostname: string;
  readonly room: Room;
}

export interface MasterAccess {
  readonly leaders: Pick<Leaders, "find" | "isNamed">;
  readonly credentials?: Credentials;
  /** The certificate authority, as PEM. */
  readonly ca?: string;
  readonly signal: AbortSignal;
}

/** In bytes, enough for some ten thousand agents. */
const longestAnswer = 64 << 20;
const patience = 5_000;
const mostRedirects = 5;

/** The size of each agent, from the master; undefined if it does not tell, since some tell it only to operators. The secret is only shown to named masters. */
export async function readAgentSizes({ leaders, credentials, ca, signal }: MasterAccess): Promise<readonly AgentSize[] | undefined> {
  const { url: base } = await leaders.find(signal);
  let url: URL | undefined = new URL(`${base.pathname.replace(/\/$/, "")}/api/v1`, base);
  try {
    for (let hops = 0; url && hops <= mostRedirects; hops++) {
      const isNamed = hops === 0 || (await leaders.isNamed(url));
      const headers: Record<string, string> = isNamed && credentials ? { authorization: authorization(credentials) } : {};
      const response = await openStream({ url, ca, headers }, JSON.stringify({ type: "GET_AGENTS" }), { signal, answer: patience });
      const text = await readText(response, patience, longestAnswer);
      const { location } = response.headers;
      if (response.statusCode === 200) return agentList.parse(JSON.parse(text)).map(toSize);
      url = response.statusCode === 307 && location !== undefined ? resolveRedirect(location, url) : undefined;
    }
  } catch {
    // The master cannot be reached, or its answer is of another form.
  }
  return undefined;
}

const toSize = ({ hostname, resources }: (typeof agentList)["_output"][number]): AgentSize => ({ hostname, room: roomOf({ resources }) });

/** Tells people that a job is too large; undefined if some agent is large enough, or no agent is known. */
export function whyOversized(wanted: WantedTask, agents: readonly AgentSize[]): string | undefined {
  if (agents.length === 0) return undefined;
  const need = addNeeds(needOf(wanted.resources), executorNeed(wanted));
  if (agents.some(({ room }) => fits(need, room))) return undefined;
  const biggest = biggestOf(agents);
  return `no agent has ${describeNeed(need)}; the biggest, ${biggest.hostname}, has ${describeRoom(biggest.room, need)}. It waits until there is one`;
}
