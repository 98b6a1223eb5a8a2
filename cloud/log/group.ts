/**
 * What is appended and synced together: a group of records under one header, which distinguishes a crash from damage. A group is written only
 * after the one before was synced; so where a later group is whole, all before it was acknowledged.
 *
 * Header: marker, bytes of the records, their CRC-32, and the CRC-32 of these twelve bytes and the log's random id, which no record can imitate.
 */
import { crc32 } from "node:zlib";

export const groupHeaderBytes = 16;
/** "NXGR": larger than the length of any record, which stands in its place in logs of before 0.9. */
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
  /** Of the records. */
  readonly bytes: number;
  readonly crc: number;
}

/** The header that begins at a place; `undefined` where none does. */
export function groupHeaderAt(bytes: Buffer, at: number, logId: string): GroupHeader | undefined {
  const header = bytes.subarray(at, at + groupHeaderBytes);
  if (header.length < groupHeaderBytes || !header.subarray(0, 4).equals(marker)) return undefined;
  if (header.readUInt32LE(12) !== headerCrc(header, logId)) return undefined;
  return { bytes: header.readUInt32LE(4), crc: header.readUInt32LE(8) };
}

/** Whether a whole group begins somewhere after a place. */
export function hasGroupAfter(bytes: Buffer, at: number, logId: string): boolean {
  for (let next = bytes.indexOf(marker, at + 1); next !== -1; next = bytes.indexOf(marker, next + 1)) {
    const header = groupHeaderAt(bytes, next, logId);
    const start = next + groupHeaderBytes;
    if (header === undefined || start + header.bytes > bytes.length) continue;
    if (crc32(bytes.subarray(start, start + header.bytes)) === header.crc) return true;
  }
  return false;
}
