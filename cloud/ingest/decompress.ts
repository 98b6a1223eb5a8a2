/** Bodies as they were before they were packed; never more than a batch may have, whatever a few bytes promise. */
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";

/** A batch has a million bytes at most; this is more. */
export const maxBodyBytes = 1_048_576;

export class DecompressError extends Error {
  override readonly name = "UnpackError";
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415) {
    super();
    this.status = status;
  }
}

const unpackers: Readonly<Record<string, (packed: Buffer, maxOutputLength: number) => Promise<Buffer>>> = {
  gzip: (packed, maxOutputLength) => promisify(gunzip)(packed, { maxOutputLength }),
  zstd: (packed, maxOutputLength) => promisify(zstdDecompress)(packed, { maxOutputLength }) as Promise<Buffer>,
};

/** `maxBytes`: of what was packed. @throws UnpackError */
export async function decompress(body: Buffer, encoding: string | undefined, maxBytes = maxBodyBytes): Promise<Buffer> {
  if (encoding === undefined || encoding === "identity") return body;
  const unpack = Object.hasOwn(unpackers, encoding) ? unpackers[encoding] : undefined;
  if (unpack === undefined) throw new DecompressError(415);
  try {
    return await unpack(body, maxBytes);
  } catch (error) {
    const tooLong = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    throw new DecompressError(tooLong ? 413 : 400);
  }
}
