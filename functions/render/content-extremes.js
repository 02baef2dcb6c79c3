/**
 * Smallest and largest content of a histogram, 0 included; without spreading a long array over the stack.
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
