/** Decompresses request bodies up to a maximum size, which stops decompression bombs. */

import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { errorCode } from "../../shared/text/error-code.ts";

/** A batch has up to 1,000,000 bytes; this limit is slightly larger. */
export const maxBodyBytes = 1_048_576;

export class DecompressError extends Error {
  override readonly name = "DecompressError";
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415) {
    super();
    this.status = status;
  }
}

const decoders: Readonly<Record<string, (body: Buffer, maxOutputLength: number) => Promise<Buffer>>> = {
  gzip: (body, maxOutputLength) => promisify(gunzip)(body, { maxOutputLength }),
  zstd: (body, maxOutputLength) => promisify(zstdDecompress)(body, { maxOutputLength }) as Promise<Buffer>,
};

/** Decompresses a body. `maxBytes` limits the decompressed size. @throws DecompressError */
export async function decompress(body: Buffer, encoding: string | undefined, maxBytes = maxBodyBytes): Promise<Buffer> {
  if (encoding === undefined || encoding === "identity") return body;
  const decode = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (decode === undefined) throw new DecompressError(415);
  try {
    return await decode(body, maxBytes);
  } catch (error) {
    const isTooLarge = errorCode(error) === "ERR_BUFFER_TOO_LARGE";
    throw new DecompressError(isTooLarge ? 413 : 400);
  }
}
