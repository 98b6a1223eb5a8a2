/**
 * Groups of records that are appended and synced together. The group header distinguishes a torn
 * write from damage: a group is written only after its predecessor was synced, so everything before
 * an intact group was acknowledged.
 *
 * Header: marker, bytes of the records, their CRC-32, and the CRC-32 of these twelve bytes and the
 * log's random ID, which a record cannot forge.
 */
import { crc32 } from "node:zlib";

export const groupHeaderBytes = 16;
/** "NXGR": as a number larger than any record length, which logs before 0.9 have at this place. */
const marker = Buffer.from("NXGR");

export function groupOf(records: readonly Buffer[], logId: string): Buffer {
  const body = Buffer.concat(records);
  const header = Buffer.alloc(groupHeaderBytes);
  marker.copy(header);
  header.writeUInt32LE(body.length, 4);
  header.writeUInt32LE(crc32(body), 8);
  header.writeUInt32LE(headerCrc(header, logId), 12);
  return Buffer.concat([header, body]);
}

const headerCrc = (header: Buffer, logId: string): number => crc32(logId, crc32(header.subarray(0, 12)));

export interface GroupHeader {
  /** Length of the records. */
  readonly bytes: number;
  readonly crc: number;
}

/** Reads the header at an offset; `undefined` if there is none. */
export function groupHeaderAt(bytes: Buffer, at: number, logId: string): GroupHeader | undefined {
  const header = bytes.subarray(at, at + groupHeaderBytes);
  if (header.length < groupHeaderBytes || !header.subarray(0, 4).equals(marker)) return undefined;
  if (header.readUInt32LE(12) !== headerCrc(header, logId)) return undefined;
  return { bytes: header.readUInt32LE(4), crc: header.readUInt32LE(8) };
}

/** Returns whether an intact group starts anywhere after an offset. */
export function hasGroupAfter(bytes: Buffer, at: number, logId: string): boolean {
  for (let next = bytes.indexOf(marker, at + 1); next !== -1; next = bytes.indexOf(marker, next + 1)) {
    const header = groupHeaderAt(bytes, next, logId);
    const start = next + groupHeaderBytes;
    if (header === undefined || start + header.bytes > bytes.length) continue;
    if (crc32(bytes.subarray(start, start + header.bytes)) === header.crc) return true;
  }
  return false;
}
