/** What options that are right by themselves cannot mean together. */
import type { Config } from "./config.ts";

/** One line each; empty where all is well. */
export function findContradictions({ role, zookeeper, zookeeperAuth, mongodb, computeUrl }: Config): readonly string[] {
  const problems: string[] = [];
  const missing = [zookeeper === undefined && "--zookeeper", mongodb === undefined && "--mongodb"].filter(Boolean);
  if (role !== "all" && missing.length > 0) {
    const why = "processes of one role work together through a queue in ZooKeeper and a store in MongoDB";
    problems.push(`Cannot use --role ${role}: ${why}; give ${missing.join(" and ")} too, or leave --role out`);
  } else if (zookeeper !== undefined && mongodb === undefined) {
    problems.push("Cannot use --zookeeper alone: processes that share a queue must share the store of results; give --mongodb too");
  }
  if (zookeeperAuth !== undefined && zookeeper === undefined) {
    problems.push("Cannot use --zookeeper-auth alone: it is for the ZooKeeper that --zookeeper names; give that too");
  }
  if (computeUrl !== undefined && role === "dispatch") {
    problems.push("Cannot use --compute-url with --role dispatch: a dispatcher has nothing computed; give it to the compute nodes");
  }
  return problems;
}
