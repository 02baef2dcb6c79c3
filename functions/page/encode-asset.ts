/** Makes the entity tag and the compressed form of a static file, once for each file. */

export interface EncodedAsset {
  /** The tag is a weak one, since the same content may be sent compressed or not. */
  readonly etag: string;
  /** Absent where compressing saves less than a tenth. */
  readonly gzip?: Uint8Array<ArrayBuffer>;
}

/** The keys are the bodies, which the assets keep: an entry goes when its body does. */
const encoded = new WeakMap<Uint8Array, Promise<EncodedAsset>>();

export function encodeAsset(asset: { readonly body: Uint8Array<ArrayBuffer> }): Promise<EncodedAsset> {
  let result = encoded.get(asset.body);
  if (!result) {
    result = encode(asset.body);
    encoded.set(asset.body, result);
  }
  return result;
}

async function encode(body: Uint8Array<ArrayBuffer>): Promise<EncodedAsset> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const etag = `W/"${Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
  const compressed = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  const gzip = new Uint8Array(await new Response(compressed).arrayBuffer());
  return gzip.length < 0.9 * body.length ? { etag, gzip } : { etag };
}
