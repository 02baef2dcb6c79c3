/** Sums float64 values exactly as whole multiples of 2^−1074, and rounds once. */
const bits = new BigUint64Array(1);
const float = new Float64Array(bits.buffer);
const hidden = 1n << 52n;

/** The value as a multiple of 2^−1074. */
function toUnits(value: number): bigint {
  float[0] = Math.abs(value);
  const exponent = bits[0] >> 52n;
  const mantissa = bits[0] & (hidden - 1n);
  const size = exponent === 0n ? mantissa : (mantissa | hidden) << (exponent - 1n);
  return value < 0 ? -size : size;
}

/** The nearest float64, ties to even; infinite beyond the largest one's half step. */
function fromUnits(units: bigint): number {
  const size = units < 0n ? -units : units;
  const drop = Math.max(0, size.toString(2).length - 53);
  const unit = 1n << BigInt(drop);
  const rest = size % unit;
  const kept = size / unit;
  const isUp = drop > 0 && (rest * 2n > unit || (rest * 2n === unit && kept % 2n === 1n));
  const rounded = kept + (isUp ? 1n : 0n);
  // Two exact steps: 2^(drop − 1074) alone may not be a float64.
  const value = Number(rounded) * 2 ** (drop - 1074 < -1022 ? -1074 : drop - 1074) * (drop - 1074 < -1022 ? 2 ** drop : 1);
  return units < 0n ? -value : value;
}

export const exactSum = (values: readonly number[]): number => fromUnits(values.reduce((sum, value) => sum + toUnits(value), 0n));
