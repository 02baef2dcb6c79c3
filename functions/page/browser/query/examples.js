/** The questions that the page offers, as the files under `examples/` have them. */

export const examples = [
  { file: "dimuon-mass", title: "Dimuon mass" },
  { file: "z-peak", title: "Z peak" },
  { file: "jets-met", title: "Jets and MET" },
];

/**
 * The text of an example, over another dataset where the server has not the one it was written for.
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
