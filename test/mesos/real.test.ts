import { after } from "node:test";
import { startAgent, startMaster } from "../servers/mesos/start-mesos.ts";
import { requireServer } from "../servers/require-server.ts";
import { testContract } from "./contract/contract.ts";
import type { TestedMesos } from "./contract/tested-mesos.ts";

const environment = { MESOS_ALLOCATION_INTERVAL: "50ms" };
const master = requireServer("The Mesos contract", await startMaster({ pings: { seconds: 1, times: 2 }, environment }));

if (master) {
  const agents = await Promise.all([startAgent({ master }), startAgent({ master })]);
  const mesos: TestedMesos = {
    name: master.name,
    url: master.url,
    agents,
    restartMaster: () => master.restart(),
    operate: (call) => master.operate(call),
    async stop() {
      await Promise.all([master, ...agents].map((each) => each.stop()));
    },
  };
  after(() => mesos.stop());
  testContract(mesos);
}
