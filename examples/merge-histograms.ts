/** femtoq/histograms: fills two parts of a histogram, adds them exactly and writes the sum in UHI's JSON form. */
import { type AxisShape, fillHistogram, Merger, writeUhi } from "femtoq/histograms";

const axes: readonly AxisShape[] = [{ type: "regular", bins: 3, lower: 0, upper: 3 }];
const parts = [fillHistogram(axes, [[0.5, 1.5, 7]], [0.1, 0.2, 1]), fillHistogram(axes, [[1.2, 1.9, -4]], [0.3, 0.1, 1])];
const merger = new Merger({ filters: [], histograms: [{ axes, storage: "weighted" }] });
for (const histogram of parts) merger.add({ entries: 3, filters: [], histograms: [histogram] });
console.log(JSON.stringify(writeUhi(merger.read().histograms[0], axes, { axes: ["x"] }).storage));
