/** What a person who has just started the server is told, on standard output. */
export function welcome(server: { readonly url: string; readonly datasets: readonly string[]; readonly state: string }): string {
  const { url, datasets } = server;
  const options = url === "http://127.0.0.1:8000" ? "" : `--server ${url} `;
  const [first] = datasets;
  const isDemo = first === "demo" || first === undefined;
  const [query, curl] = isDemo
    ? [`query ${options}examples/dimuon-mass.json`, `curl '${url}/functions/dimuon-mass?format=csv'`]
    : [`datasets ${options}${first}`, `curl ${url}/datasets/${first}`];
  return `Femtoq listens on ${url}
Datasets: ${datasets.join(", ") || "none yet"}. Results are kept in ${server.state}

Three things to try, the last two in another terminal:
  open ${url} in a browser
  npm run -s femtoq -- ${query}
  ${curl}

`;
}
