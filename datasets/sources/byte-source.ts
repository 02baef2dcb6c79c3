/**
 * Where the bytes of a file come from. Two members, so that a local file, a range of an HTTP resource, a counting or a
 * failing source look the same to the readers; hyparquet takes it as it is.
 */
export interface ByteSource {
  readonly byteLength: number;
  /** Bytes [start, end) in a buffer of their own; rejects with `DatasetError` where the source does not have them all. */
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}
