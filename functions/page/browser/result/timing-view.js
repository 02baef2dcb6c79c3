/**
 * Shows where a query's time went: its phases, and its slowest partitions on one scale.
 *
 * @import { Status } from "../../../api.ts"
 */
import { formatNumber, formatSeconds } from "../../../render/format-number.js";
import { describeTiming, partitionLines, partitionPhases, phaseLines } from "../../../render/timing-lines.js";
import { element, fill } from "../elements.js";

export function createTimingView() {
  const node = element("details", { class: "timing", hidden: true });

  return {
    node,
    /** @param {Status} status */
    show({ state, timing, partitions }) {
      node.hidden = false;
      const phases = phaseLines(timing);
      fill(
        node,
        element(
          "summary",
          {},
          `Where the time went: ${formatSeconds(timing.seconds)}${timing.stored ? ", when it was computed first" : ""}`,
        ),
        element("p", {}, describeTiming(timing, state)),
        phases.length > 0 && phaseTable(phases, `${formatNumber(timing.measured ?? 0)} of ${formatNumber(partitions.total)} partitions`),
        ...slowestPartitions(timing),
      );
    },
    hide() {
      node.hidden = true;
    },
  };
}

/**
 * @param {ReturnType<typeof phaseLines>} lines
 * @param {string} counted
 */
function phaseTable(lines, counted) {
  const rows = lines.map(({ phase, seconds, meaning, inside }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", class: inside ? "inside" : "" }, phase),
      element("td", { class: "number" }, formatSeconds(seconds)),
      element("td", {}, meaning),
    ),
  );
  return element("table", {}, element("caption", {}, `Sums over ${counted}`), element("tbody", {}, ...rows));
}

/** @param {Status["timing"]} timing */
function slowestPartitions(timing) {
  const lines = partitionLines(timing);
  if (lines.length === 0) return [];
  const longest = Math.max(...lines.map(({ seconds }) => seconds), Number.MIN_VALUE);
  const rows = lines.map(({ partition, file, node, seconds, segments }) => {
    const bars = segments.map(({ phase, seconds: own }) => {
      const bar = element("span", { class: phase, title: `${phase} ${formatSeconds(own)}` });
      bar.style.width = `${(100 * own) / longest}%`;
      return bar;
    });
    const told = segments.map(({ phase, seconds: own }) => `${phase} ${formatSeconds(own)}`).join(", ");
    return element(
      "li",
      {},
      element("span", { class: "who" }, `${partition} of ${file}, ${node}: ${formatSeconds(seconds)}`),
      element("span", { class: "lane", role: "img", "aria-label": told }, ...bars),
    );
  });
  const legend = partitionPhases.map((phase) => element("span", {}, element("span", { class: `swatch ${phase}` }), phase));
  return [element("h3", {}, "The slowest partitions"), element("ol", {}, ...rows), element("p", { class: "legend" }, ...legend)];
}
