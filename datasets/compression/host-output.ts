/**
 * Options of the host's decompressors for content whose length is known: one buffer for all of it. With one byte more, as they allocate the next
 * buffer once one is full, before they see that nothing follows.
 */
export const outputOf = (length: number): { readonly maxOutputLength: number; readonly chunkSize: number } => ({
  maxOutputLength: Math.max(1, length),
  chunkSize: Math.max(64, length + 1),
});
