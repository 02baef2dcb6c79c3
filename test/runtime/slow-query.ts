/** A query that keeps a thread busy for about half a second on a demo partition of 100,000 events, and how to ask it. */
import type { Status } from "../../functions/api.ts";

const axis = (value: string) => ({ type: "regular", bins: 50, lower: -10, upper: 10, value });

export function slowQuery(dataset: string, variant = 0): object {
  const sum = (first: number) => Array.from({ length: 12 }, (_, k) => `sin(j.pt * ${first + k + 1}.${variant + 1})`).join(" + ");
  const histograms = Array.from({ length: 20 }, (_, i) => [`h${i}`, { axes: [axis(`Jet.map(j => ${sum(12 * i)})`)] }]);
  return { dataset, histograms: Object.fromEntries(histograms) };
}

/** Posts and waits for the end, if `wait` seconds are enough. */
export async function post(url: string, query: object, wait = 0): Promise<{ readonly code: number; readonly status: Status }> {
  const response = await fetch(`${url}/queries`, {
    method: "POST",
    headers: { "content-type": "application/json", "femtoq-client": "test", ...(wait > 0 && { prefer: `wait=${wait}` }) },
    body: JSON.stringify(query),
  });
  return { code: response.status, status: await response.json() };
}

export async function status(url: string, id: string): Promise<Status> {
  return (await fetch(`${url}/queries/${id}`)).json();
}
