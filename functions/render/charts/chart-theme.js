/**
 * Colours and fonts of the charts. People with any common form of colour blindness can tell the colours apart (Okabe and Ito's palette).
 */

/**
 * @typedef {"light" | "dark"} ThemeName
 * @typedef {object} ChartTheme
 * @property {string} background
 * @property {string} ink
 * @property {string} faint axis lines and ticks
 * @property {string} grid
 * @property {string} line
 * @property {string} fill
 * @property {string} errors
 * @property {string} panel behind the statistics and tooltips
 */

/** It has no quotes, since ECharts puts it into SVG attributes as it stands. */
export const fontFamily = "system-ui, -apple-system, Segoe UI, Helvetica Neue, Arial, sans-serif";

/** @type {Readonly<Record<ThemeName, ChartTheme>>} */
export const chartThemes = {
  light: {
    background: "#ffffff",
    ink: "#1c2128",
    faint: "#6b7480",
    grid: "#eceff3",
    line: "#0072b2",
    fill: "rgba(0, 114, 178, 0.14)",
    errors: "#b4490a",
    panel: "rgba(255, 255, 255, 0.9)",
  },
  dark: {
    background: "#12161d",
    ink: "#e6e9ee",
    faint: "#8b95a3",
    grid: "#232a34",
    line: "#56b4e9",
    fill: "rgba(86, 180, 233, 0.18)",
    errors: "#e69f00",
    panel: "rgba(24, 30, 39, 0.92)",
  },
};

/** The colours of viridis, from low to high. */
const stops = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [109, 205, 89],
  [180, 222, 44],
  [253, 231, 37],
];

/**
 * @param {number} share from 0 to 1; beyond, the ends
 * @returns {readonly [number, number, number]} red, green, blue, 0 to 255
 */
export function colourAt(share) {
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(place));
  const mix = (/** @type {number} */ part) => Math.round(stops[low][part] + (place - low) * (stops[low + 1][part] - stops[low][part]));
  return [mix(0), mix(1), mix(2)];
}

/** @param {number} share */
export const cssColourAt = (share) => `rgb(${colourAt(share).join(",")})`;
