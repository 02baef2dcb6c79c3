/** Who is offered what: all that is free of an agent goes to the framework that has least and wants it. */
import { fitsIn, toResources } from "./amounts.ts";
import type { FakeAgent } from "./fake-agent.ts";
import { type Framework, type MasterState, type Offer, rolesOf } from "./master-state.ts";

/** Mesos offers nothing that is less than both. */
const least = { cpus: 10, mem: 32_000 };

export function allocate(state: MasterState): void {
  const made = new Map<Framework, Offer[]>();
  for (const agent of state.agents.values()) {
    const amounts = state.free(agent);
    if ((amounts.cpus ?? 0) < least.cpus && (amounts.mem ?? 0) < least.mem) continue;
    const chosen = choose(state, agent, amounts);
    if (!chosen) continue;
    const offer: Offer = { id: state.newId("offer"), framework: chosen.framework.id, agent, role: chosen.role, amounts };
    state.offers.set(offer.id, offer);
    made.set(chosen.framework, [...(made.get(chosen.framework) ?? []), offer]);
  }
  for (const [framework, offers] of made) state.tell(framework, { type: "OFFERS", offers: { offers: offers.map(describe) } });
}

function choose(state: MasterState, agent: FakeAgent, amounts: Offer["amounts"]) {
  const now = Date.now();
  const wanting = [...state.frameworks.values()].flatMap((framework) => {
    if (!framework.stream) return [];
    framework.filters = framework.filters.filter(({ until }) => until > now);
    const refuses = (role: string) =>
      framework.filters.some((filter) => filter.agent === agent.id && filter.role === role && fitsIn(amounts, filter.amounts));
    const role = rolesOf(framework.info).find((each) => !framework.suppressed.has(each) && !refuses(each));
    return role === undefined ? [] : [{ framework, role, share: share(state, framework) }];
  });
  return wanting.sort((a, b) => a.share - b.share)[0];
}

/** The thousandths of cpus that a framework has, or is offered. */
function share(state: MasterState, framework: Framework): number {
  let cpus = 0;
  for (const offer of state.offers.values()) if (offer.framework === framework.id) cpus += offer.amounts.cpus ?? 0;
  for (const agent of state.agents.values()) for (const task of agent.tasks.values()) if (task.framework === framework.id) cpus += 1000;
  return cpus;
}

function describe({ id, framework, agent, role, amounts }: Offer) {
  return {
    id: { value: id },
    framework_id: { value: framework },
    agent_id: { value: agent.id },
    hostname: agent.hostname,
    url: { scheme: "http", address: { hostname: agent.hostname, ip: "127.0.0.1", port: 5051 }, path: "/slave(1)" },
    resources: toResources(amounts, role),
    ...(agent.executorIds(framework).length > 0 ? { executor_ids: agent.executorIds(framework).map((value) => ({ value })) } : {}),
    ...(agent.attributes.length > 0 ? { attributes: agent.attributes } : {}),
    allocation_info: { role },
  };
}
