/** Bodies as they are kept: Zstandard (RFC 8878). What is unpacked is what was packed, byte for byte. */
/** Loaded with the first body: most commands look at none. */
const zlib = () => process.getBuiltinModule("node:zlib");

declare const packedBrand: unique symbol;
export type Compressed = Uint8Array & { readonly [packedBrand]: never };

export function compress(body: Uint8Array): Compressed {
  return zlib().zstdCompressSync(body) as Uint8Array as Compressed;
}

/** @throws where the bytes are no whole frame. */
export function decompress(stored: unknown): Buffer | undefined {
  return stored instanceof Uint8Array ? zlib().zstdDecompressSync(stored) : undefined;
}
