/** UUIDs in their canonical form, lower case (RFC 9562, section 4). */

/** Returns the source of a regular expression for a whole UUID of a version, 1 to 8. */
export const uuidSource = (version: number): string =>
  `[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`;

export const uuidV4Pattern = new RegExp(`^${uuidSource(4)}$`);
export const uuidV7Pattern = new RegExp(`^${uuidSource(7)}$`);
