/**
 * exp, log, sin, cos and powers from + - * / alone: the same bits on every host, about 1e-13 relative, which is far more than the demo's
 * float32 columns keep. Not for queries: those have kernels of their own.
 */

const ln2 = Math.LN2;
const halfPi = Math.PI / 2;
/** 1 / n: dividing in the loops below would take most of their time. */
const inverse = Float64Array.from({ length: 20 }, (_, n) => 1 / n);
const view = new DataView(new ArrayBuffer(8));

/** x > 0. With x = m · 2^e, m in [√½, √2): log m = 2 artanh((m − 1) / (m + 1)), |argument| < 0.172. */
export function logarithm(x: number): number {
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  view.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let mantissa = view.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const t = (mantissa - 1) / (mantissa + 1);
  const s = t * t;
  let sum = 0;
  for (let odd = 17; odd >= 1; odd -= 2) sum = sum * s + inverse[odd]!;
  return 2 * t * sum + exponent * ln2;
}

/** |x| < 700. x = k ln 2 + r, |r| ≤ 0.347; Taylor to r^13. */
export function exponential(x: number): number {
  const k = Math.floor(x / ln2 + 0.5);
  const r = x - k * ln2;
  let sum = 1;
  for (let n = 13; n >= 1; n--) sum = 1 + sum * r * inverse[n]!;
  view.setUint32(0, (k + 1023) << 20);
  view.setUint32(4, 0);
  return sum * view.getFloat64(0);
}

/** base > 0. */
export function raise(base: number, exponent: number): number {
  return exponential(exponent * logarithm(base));
}

/** |x| < 1000. */
export function sine(x: number): number {
  const quarters = Math.floor(x / halfPi + 0.5);
  const r = x - quarters * halfPi;
  switch (quarters & 3) {
    case 0:
      return sineNearZero(r);
    case 1:
      return cosineNearZero(r);
    case 2:
      return -sineNearZero(r);
    default:
      return -cosineNearZero(r);
  }
}

export function cosine(x: number): number {
  return sine(x + halfPi);
}

/** |r| ≤ π/4, Taylor to r^15. */
function sineNearZero(r: number): number {
  const square = r * r;
  let sum = 1;
  for (let n = 15; n >= 3; n -= 2) sum = 1 - sum * square * (inverse[n]! * inverse[n - 1]!);
  return r * sum;
}

/** |r| ≤ π/4, Taylor to r^14. */
function cosineNearZero(r: number): number {
  const square = r * r;
  let sum = 1;
  for (let n = 14; n >= 2; n -= 2) sum = 1 - sum * square * (inverse[n]! * inverse[n - 1]!);
  return sum;
}

/** In (−π, π]; x and y are not both 0. */
export function angleOf(x: number, y: number): number {
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  const low = ay <= ax ? arctangent(ay / ax) : halfPi - arctangent(ax / ay);
  const upper = x < 0 ? Math.PI - low : low;
  return y < 0 ? -upper : upper;
}

/** 0 ≤ t ≤ 1. Halving the angle twice gives t ≤ 0.199; Taylor to t^19. */
function arctangent(t: number): number {
  const half = t / (1 + Math.sqrt(1 + t * t));
  const quarter = half / (1 + Math.sqrt(1 + half * half));
  const s = -quarter * quarter;
  let sum = 0;
  for (let odd = 19; odd >= 1; odd -= 2) sum = sum * s + inverse[odd]!;
  return 4 * quarter * sum;
}
