/**
 * Finds k6, the load generator: the program that the variable K6 names, else one on PATH, else one among Go's programs. If there is none but Go is
 * installed, it is built.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { LoadError } from "./load-error.ts";

/** The version that the script was written for. */
export const k6Module = "go.k6.io/k6@v1.8.1";

/**
 * Resolves with a path or name that can be run. Throws a `LoadError` that tells how to get k6. @param directory The folder for a program that is
 * built.
 */
export async function findK6(directory: string, onBuild: () => void): Promise<string> {
  const named = process.env.K6;
  if (named) {
    if (await runs(named, ["version"])) return named;
    throw new LoadError(`Cannot use K6: a k6 program is required, current value is "${named}"`);
  }
  const goPath = process.env.GOBIN ?? join(process.env.GOPATH ?? join(homedir(), "go"), "bin");
  const built = join(directory, "k6");
  for (const candidate of ["k6", join(goPath, "k6"), built]) if (await runs(candidate, ["version"])) return candidate;
  if (!(await runs("go", ["version"])))
    throw new LoadError(
      `Cannot run a load test without k6: install it (https://grafana.com/docs/k6/latest/set-up/install-k6/), or go, which builds it in about two minutes; or name it by K6`,
    );
  onBuild();
  if (!(await runs("go", ["install", k6Module], { GOBIN: directory })))
    throw new LoadError(`Cannot build k6: "go install ${k6Module}" failed; it needs the network, and go 1.24 or later`);
  return built;
}

async function runs(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<boolean> {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "ignore"], env: { ...process.env, ...environment } });
  try {
    const [code] = await once(child, "exit");
    return code === 0;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
