/** Arrays of 64-bit integers. */

export type LongArray = BigInt64Array | BigUint64Array;

export const isLong = (values: ArrayBufferView): values is LongArray => values instanceof BigInt64Array || values instanceof BigUint64Array;

/** The low and the high half of each: so they are moved without a value becoming an object. */
export const wordsOf = ({ buffer, byteOffset, length }: LongArray): Uint32Array => new Uint32Array(buffer, byteOffset, 2 * length);
