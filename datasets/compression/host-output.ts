/**
 * Returns options for the host's decompressors if the length of the content is known, so that they need only one buffer. The buffer has one byte more, since
 * they allocate another buffer when one is full, before they notice that nothing follows.
 */
export const outputOf = (length: number): { readonly maxOutputLength: number; readonly chunkSize: number } => ({
  maxOutputLength: Math.max(1, length),
  chunkSize: Math.max(64, length + 1),
});
