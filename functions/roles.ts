/** Which part of the work a process does. */
export const roles = ["all", "dispatch", "compute"] as const;

export type Role = (typeof roles)[number];

/** What a process of a role says of a path that it does not serve. */
export function describeAbsence(method: string, path: string, role: Role): string {
  const there = `There is no ${method} ${path}`;
  switch (role) {
    case "all":
      return `${there}.`;
    case "dispatch":
      return `${there} here: this process has the role dispatch, it takes queries and computes nothing.`;
    case "compute":
      return `${there} here: this process has the role compute; ask one with the role dispatch or all.`;
  }
}
