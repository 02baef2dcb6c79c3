import { after } from "node:test";
import { testContract } from "./contract/contract.ts";
import type { TestedMesos } from "./contract/tested-mesos.ts";
import { FakeMaster } from "./fake/fake-master.ts";

const master = await FakeMaster.start({ longestSilence: 300 });
const agents = [0, 1].map(() => master.addAgent({ ports: [31_000, 31_100] }));
const mesos: TestedMesos = {
  name: "The fake master",
  url: master.url,
  agents: agents.map((agent) => ({
    id: agent.id,
    pause: () => master.pauseAgent(agent),
    resume: () => master.resumeAgent(agent),
    restart: async () => master.restartAgent(agent),
  })),
  restartMaster: () => master.restart(),
  async operate(call) {
    const { agent_id } = call.mark_agent_gone as { readonly agent_id: { readonly value: string } };
    master.markGone(agent_id.value);
  },
  stop: () => master.stop(),
};
after(() => mesos.stop());
testContract(mesos);
