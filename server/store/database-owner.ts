/**
 * Which installation a database belongs to. The environment and the configuration can name any file: without this, a decision for one
 * `NEXUS_HOME` would count for the database of another.
 */
import type { Connection } from "./driver/driver.ts";

/** The database is another installation's. */
export class ForeignDatabaseError extends Error {
  override readonly name = "ForeignDatabaseError";
}

/** The installation that a database names; `undefined` where it names none. */
export function ownerOf(connection: Connection): string | undefined {
  const owner = connection.prepare("SELECT installation FROM belongs_to").get()?.["installation"];
  return typeof owner === "string" ? owner : undefined;
}

export function setOwner(connection: Connection, installation: string): void {
  connection.prepare("INSERT OR REPLACE INTO belongs_to VALUES (1, ?)").run(installation);
}
