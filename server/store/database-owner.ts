/**
 * Binds a database to an installation. The environment and the configuration can name any file:
 * without this, consent for one `NEXUS_HOME` would apply to the database of another.
 */
import type { Connection } from "./driver/driver.ts";

/** The database belongs to another installation. */
export class ForeignDatabaseError extends Error {
  override readonly name = "ForeignDatabaseError";
}

/** Returns the installation of a database; `undefined` if it is not bound. */
export function ownerOf(connection: Connection): string | undefined {
  const owner = connection.prepare("SELECT installation FROM belongs_to").get()?.["installation"];
  return typeof owner === "string" ? owner : undefined;
}

export function setOwner(connection: Connection, installation: string): void {
  connection.prepare("INSERT OR REPLACE INTO belongs_to VALUES (1, ?)").run(installation);
}
