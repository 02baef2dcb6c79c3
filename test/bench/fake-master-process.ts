/** A fake Mesos master with agents in a separate process, so that its processor time is not counted with that of others. It tells its parent its address. */
import process from "node:process";
import { FakeMaster } from "../mesos/fake/fake-master.ts";

const master = await FakeMaster.start({ allocationInterval: 50 });
for (let count = 0; count < Number(process.argv[2]); count++) master.addAgent({ cpus: 4, mem: 4096 });
process.send?.(master.address);
process.once("disconnect", () => process.exit());
