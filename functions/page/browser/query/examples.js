/** The example queries that the page offers; they are files under `examples/`. */

export const examples = [
  { file: "dimuon-mass", title: "Dimuon mass" },
  { file: "z-peak", title: "Z peak" },
  { file: "jets-met", title: "Jets and MET" },
];

/**
 * Loads the text of an example. Where the server lacks the dataset that it was written for, it asks another one.
 * @param {string} file
 * @param {{ readonly datasets: readonly string[], readonly chosen: string | undefined }} available
 */
export async function loadExample(file, { datasets, chosen }) {
  const response = await fetch(`/assets/examples/${file}.json`);
  if (!response.ok) throw new Error(`Cannot load the example ${file}: ${response.status} ${response.statusText}`);
  const text = (await response.text()).trimEnd();
  const written = JSON.parse(text).dataset;
  const dataset = datasets.includes(written) ? written : (chosen ?? datasets[0] ?? written);
  return text.replace(`"dataset": ${JSON.stringify(written)}`, () => `"dataset": ${JSON.stringify(dataset)}`);
}
