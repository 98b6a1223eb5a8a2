/** Converts UUIDs between 16 bytes and text (RFC 9562). */
export function uuidBytes(uuid: string): Uint8Array {
  const hex = uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24);
  return Buffer.from(hex, "hex");
}

export function uuidText(bytes: unknown): string {
  const hex = bytes instanceof Uint8Array ? Buffer.from(bytes).toString("hex") : "";
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
