/** Writes numbers as people read them, on axes, in tables and in the statistics box. */

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/**
 * Six significant digits; a thin space between thousands; powers of ten beyond 10⁹ and below 10⁻⁴.
 * @param {number} value
 */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e10 || size < 1e-4)) {
    const [mantissa, exponent] = value.toExponential(3).split("e");
    return `${minus(String(Number(mantissa)))}×${powerOfTen(Number(exponent))}`;
  }
  const digits = Number.isInteger(value) ? 0 : Math.max(0, 5 - Math.floor(Math.log10(Math.max(size, 1e-4))));
  const [whole, fraction] = String(Number(value.toFixed(Math.min(digits, 9)))).split(".");
  return minus(whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (fraction ? `.${fraction}` : ""));
}

/**
 * @param {number} exponent
 * @returns {string} `10⁻³`
 */
export const powerOfTen = (exponent) =>
  `10${exponent < 0 ? "⁻" : ""}${[...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]).join("")}`;

/** @param {number} seconds */
export function formatSeconds(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * An age as `90 s`, `5 min`, `3 h` or `12 d`.
 * @param {number} seconds
 */
export function formatAge(seconds) {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${units[unit]}`;
}

/** @param {string} text */
const minus = (text) => text.replace("-", "−");
