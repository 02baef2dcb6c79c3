/**
 * Draws axes as physicists do: a closed frame, ticks inside, titles from the query's labels, powers of ten on logarithmic axes.
 *
 * @import { BinnedAxis, Bins } from "../read-histogram.js"
 * @import { Scale } from "./choose-scales.js"
 * @import { ChartTheme } from "./chart-theme.js"
 */
import { formatNumber, powerOfTen } from "../format-number.js";

/**
 * @typedef {object} AxisRequest
 * @property {string} title
 * @property {Scale} scale
 * @property {number} [min]
 * @property {number} [max]
 * @property {ChartTheme} theme
 * @property {number} [titleGap] pixels between axis and title
 * @property {readonly string[]} [names] of the places 0, 1, … of a category axis
 */

/**
 * The options of an axis in either direction.
 * @param {AxisRequest} request
 */
export function chartAxis({ title, scale, min, max, theme, titleGap = 30, names = [] }) {
  const isNamed = names.length > 0;
  return {
    type: /** @type {"log" | "value"} */ (scale === "log" ? "log" : "value"),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(scale === "linear" && min !== undefined && max !== undefined ? { interval: isNamed ? 1 : tickInterval(min, max) } : {}),
    name: title,
    nameLocation: /** @type {const} */ ("middle"),
    nameGap: titleGap,
    nameTextStyle: { color: theme.ink, fontSize: 13 },
    axisLine: { show: true, onZero: false, lineStyle: { color: theme.faint } },
    axisTick: { show: !isNamed, inside: true, length: 6, lineStyle: { color: theme.faint } },
    minorTick: { show: !isNamed, splitNumber: scale === "log" ? 9 : 5, length: 3, lineStyle: { color: theme.faint } },
    splitLine: { show: false },
    axisLabel: {
      color: theme.ink,
      fontSize: 12,
      hideOverlap: true,
      ...(isNamed ? { customValues: names.map((_, place) => place) } : {}),
      formatter: (/** @type {number} */ value) =>
        isNamed ? (names[value] ?? "") : scale === "log" ? logarithmicLabel(value) : formatNumber(value),
    },
  };
}

/**
 * The distance of ticks: 1, 2, 2.5 or 5 times a power of ten, so that there are four to nine of them. A distance that meets both ends is
 * preferred.
 * @param {number} min
 * @param {number} max
 */
export function tickInterval(min, max) {
  const power = 10 ** Math.floor(Math.log10((max - min) / 5));
  const steps = [2, 5, 1, 2.5, 10].map((factor) => factor * power).filter((step) => (max - min) / step < 9.5 && (max - min) / step > 3.5);
  const whole = (/** @type {number} */ ratio) => Math.abs(ratio - Math.round(ratio)) < 1e-6;
  return steps.find((step) => whole(min / step) && whole(max / step)) ?? steps[0] ?? (max - min) / 5;
}

/** @param {number} value */
function logarithmicLabel(value) {
  const exponent = Math.log10(value);
  if (Math.abs(exponent - Math.round(exponent)) > 1e-6) return "";
  return Math.abs(exponent) <= 2.5 ? String(Number(value.toPrecision(3))) : powerOfTen(Math.round(exponent));
}

/**
 * The title of the axis of contents: what one bin's height counts, such as "entries / 0.5 GeV".
 * @param {Bins} bins of one axis
 */
export function contentTitle({ axes: [{ edges, label, names }], weighted, weights }) {
  if (weights) return "mean";
  const what = weighted ? "weighted entries" : "entries";
  if (names.length > 0) return what;
  const first = edges[1] - edges[0];
  const even = edges.every((edge, index) => index === 0 || Math.abs(edge - edges[index - 1] - first) <= 1e-6 * first);
  const unit = /[[(]([^\])]*)[\])]\s*$/.exec(label)?.[1];
  return even && unit ? `${what} / ${formatNumber(first)} ${unit}` : `${what} / bin`;
}

/**
 * What a bin of an axis is, in words: its name, or its range.
 * @param {BinnedAxis} axis
 * @param {number} lower its lower edge
 * @param {number} upper
 */
export const binText = ({ names }, lower, upper) =>
  names.length > 0 ? names[Math.round(lower + 0.5)] : `${formatNumber(lower)} – ${formatNumber(upper)}`;

/**
 * The start of a logarithmic axis of contents: half the smallest positive one, which is half a count for counts.
 * @param {Float64Array} values
 */
export function logarithmicFloor(values) {
  let smallest = Number.POSITIVE_INFINITY;
  for (const value of values) if (value > 0 && value < smallest) smallest = value;
  return Number.isFinite(smallest) ? Number((smallest / 2).toPrecision(1)) : 0.5;
}

/**
 * The smallest and the largest content of a histogram; 0 in place of one if all contents are on its other side.
 * @param {Float64Array} values
 * @returns {readonly [least: number, most: number]}
 */
export function contentExtremes(values) {
  let [least, most] = [0, 0];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}
