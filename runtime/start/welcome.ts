/** What a person who has just started the server is told, on standard output. */
import type { Config } from "./config.ts";

export function welcome(
  { url, datasets }: { readonly url: string; readonly datasets: readonly string[] },
  { role, mongodb, state }: Pick<Config, "role" | "mongodb" | "state">,
): string {
  if (role === "compute") {
    return `Femtoq's compute node listens on ${url}
It computes what dispatchers are asked for; ${url}/nodes shows the cluster.

`;
  }
  const options = url === "http://127.0.0.1:8000" ? "" : `--server ${url} `;
  const [first] = datasets;
  const isDemo = first === "demo" || first === undefined;
  const [query, curl] = isDemo
    ? [`query ${options}examples/dimuon-mass.json`, `curl '${url}/functions/dimuon-mass?format=csv'`]
    : [`datasets ${options}${first}`, `curl ${url}/datasets/${first}`];
  return `Femtoq listens on ${url}
Datasets: ${datasets.join(", ") || "none yet"}. Results are kept in ${mongodb === undefined ? state : "MongoDB"}

Three things to try, the last two in another terminal:
  open ${url} in a browser
  npm run -s femtoq -- ${query}
  ${curl}

`;
}
