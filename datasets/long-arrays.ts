/** Arrays of 64-bit integers. */

export type LongArray = BigInt64Array | BigUint64Array;

export const isLong = (values: ArrayBufferView): values is LongArray => values instanceof BigInt64Array || values instanceof BigUint64Array;

/** A view of the array with the low and high half of each integer. Moving halves avoids an object (bigint) per value. */
export const wordsOf = ({ buffer, byteOffset, length }: LongArray): Uint32Array => new Uint32Array(buffer, byteOffset, 2 * length);
