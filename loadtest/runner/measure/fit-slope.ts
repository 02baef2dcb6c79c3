/** A slope with its uncertainty. */
export interface Slope {
  readonly slope: number;
  /** The standard error: the true slope is most likely within twice this of `slope`. Infinite if the points are too few to tell. */
  readonly error: number;
}

/**
 * The line of least squares through points (x, y) in order of x; slope 0 for fewer than two values of x. Neighbouring samples are often alike (a heap
 * that fills and is swept), so the error is computed with the number of independent points, estimated from the likeness of neighbouring residuals.
 */
export function fitSlope(points: readonly (readonly [number, number])[]): Slope {
  const mean = (index: 0 | 1) => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  if (!(spread > 0)) return { slope: 0, error: Number.POSITIVE_INFINITY };
  const slope = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
  const residuals = points.map((point) => point[1] - y - slope * (point[0] - x));
  const squares = residuals.reduce((sum, each) => sum + each ** 2, 0);
  if (squares === 0) return { slope, error: points.length > 2 ? 0 : Number.POSITIVE_INFINITY };
  const products = residuals.slice(1).reduce((sum, each, index) => sum + each * residuals[index]!, 0);
  const likeness = Math.min(0.99, Math.max(0, products / squares));
  const independent = (points.length * (1 - likeness)) / (1 + likeness);
  return { slope, error: independent > 2 ? Math.sqrt(squares / (independent - 2) / spread) : Number.POSITIVE_INFINITY };
}
