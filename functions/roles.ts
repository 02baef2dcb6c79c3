/** The table of roles: which parts a process opens and which paths it serves. A new role is one more row, here and in the help of `--role`. */

interface RoleRow {
  /**
   * What it opens in addition to the store, the coordinator and the datasets, which every process opens. `state`: a directory of its own, for the
   * embedded store and coordinator and the demo dataset; without it, it needs servers. `node`: it claims subtasks and has them computed.
   * `tasks`: it starts nodes elsewhere.
   */
  readonly opens: readonly ("state" | "node" | "tasks")[];
  /** What it serves in addition to its health and its metrics, which every process serves. */
  readonly serves: readonly ServedPart[];
  /** A description for people. */
  readonly work: string;
  /** Where to ask for a path that it does not serve. */
  readonly elsewhere: string;
}

export type ServedPart = "compute" | "queries" | "datasets" | "functions" | "page";

const dispatching = ["queries", "datasets", "functions", "page"] as const;

const rows = {
  all: { opens: ["state", "node"], serves: dispatching, work: "It takes queries and computes them", elsewhere: "" },
  dispatch: {
    opens: [],
    serves: dispatching,
    work: "It takes queries, which others compute",
    elsewhere: " here: this process has the role dispatch, it takes queries and computes nothing",
  },
  compute: {
    opens: ["node"],
    serves: ["compute"],
    work: "It claims and computes what dispatchers are asked for",
    elsewhere: " here: this process has the role compute; ask one with the role dispatch or all",
  },
  mesos: {
    opens: ["tasks"],
    serves: [],
    work: "It has as many compute nodes run on Mesos as the queue needs",
    elsewhere: " here: this process has the role mesos, it starts compute nodes; ask one with the role dispatch or all",
  },
} satisfies Readonly<Record<string, RoleRow>>;

export type Role = keyof typeof rows;

export const roles: Readonly<Record<Role, RoleRow>> = rows;

export const roleNames = Object.keys(rows) as Role[];
