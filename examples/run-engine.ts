/** femtoq/engine: plans, compiles and runs a query over one column in memory. */
import { compileProgram, computePartial, makeProgram, readQuery, type Schema, workBytes } from "femtoq/engine";

const schema: Schema = { columns: [{ name: "x", dtype: "float64", nullable: false, lists: [] }], unsupported: [] };
const query = readQuery({
  dataset: "memory",
  filter: "x > 0",
  histograms: { root: { axes: [{ type: "regular", bins: 5, lower: 0, upper: 5, value: "sqrt(x)" }] } },
});
const { terms, program } = makeProgram(query, schema);
const module = new WebAssembly.Module(compileProgram(terms, schema));

// The caller lays out the memory: each input at a multiple of 16 bytes, and a work area that the run has to itself.
const memory = new WebAssembly.Memory({ initial: 1, maximum: 16, shared: true });
const [column, work] = [1024, 8192];
new Float64Array(memory.buffer, column, 6).set([-1, 1, 2, 4, 9, 100]);
const bytes = workBytes(program, 0);
const { filters, histograms } = computePartial({
  program,
  module,
  memory,
  entries: 6,
  addresses: [column],
  work: { address: work, bytes },
});
// The first cell is the underflow, the last one the overflow.
console.log(`${filters[0].events} events passed; cells:`, Array.from(histograms[0].contents.values).join(" "));
