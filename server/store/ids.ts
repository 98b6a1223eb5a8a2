/** UUIDs as 16 bytes and as text (RFC 9562). */
export function uuidBytes(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}

export function uuidText(bytes: unknown): string {
  const hex = bytes instanceof Uint8Array ? Buffer.from(bytes).toString("hex") : "";
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
