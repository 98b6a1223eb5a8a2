/**
 * Compresses stored bodies with Zstandard (RFC 8878), without loss: digests are of the exact bytes.
 */
/** Loaded with the first body, because most commands read none. */
const zlib = () => process.getBuiltinModule("node:zlib");

declare const packedBrand: unique symbol;
export type Compressed = Uint8Array & { readonly [packedBrand]: never };

export function compress(body: Uint8Array): Compressed {
  return zlib().zstdCompressSync(body) as Uint8Array as Compressed;
}

/**
 * Returns the body; `undefined` for anything but bytes.
 * @throws zlib's error if they are damaged.
 */
export function decompress(stored: unknown): Buffer | undefined {
  return stored instanceof Uint8Array ? zlib().zstdDecompressSync(stored) : undefined;
}
