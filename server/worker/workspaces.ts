/** Finds a workspace by the name that the user gives it: hashes are stored, so that only a known name can be found. */
import { dirname, isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { NameHasher } from "../privacy/identity.ts";
import type { Connection } from "../store/driver/driver.ts";

const hashPattern = /^[0-9a-f]{32}$/;
/** The least digits of a hash that name a workspace. */
const prefixPattern = /^[0-9a-f]{4,31}$/;

/** Returns every workspace hash in the database, in the order of their first event. */
export function knownWorkspaces(connection: Connection): ReadonlySet<string> {
  const rows = connection
    .prepare("SELECT workspace_hash hash FROM dimensions WHERE workspace_hash IS NOT NULL GROUP BY 1 ORDER BY min(id)")
    .all();
  return new Set(rows.map(({ hash }) => String(hash)));
}

/** Returns the hashes of the names under which a workspace may have been recorded: as given, and as the URI of a path. */
export function workspaceHashes(name: string, hasher: NameHasher): readonly string[] {
  const names = isAbsolute(name) ? [name, pathToFileURL(name).href] : [name];
  return [...(hashPattern.test(name) ? [name] : []), ...names.map((one) => hasher.hashOnce("workspace", one))];
}

/** Finds workspaces among those in the database. Without any, the salt is not read. */
export class WorkspaceFinder {
  readonly known: ReadonlySet<string>;
  readonly #hasher: NameHasher;

  constructor(known: ReadonlySet<string>, hasher: NameHasher) {
    this.known = known;
    this.#hasher = hasher;
  }

  /** Returns the recorded hashes of a workspace: of its name, folder or URI, or those that start with some digits. */
  named(name: string): readonly string[] {
    if (this.known.size === 0) return [];
    const found = workspaceHashes(name, this.#hasher).filter((hash) => this.known.has(hash));
    if (found.length > 0 || !prefixPattern.test(name)) return found;
    return [...this.known].filter((hash) => hash.startsWith(name));
  }

  /** Returns the innermost recorded workspace that contains a path. */
  around(path: string): { readonly folder: string; readonly hashes: readonly string[] } | undefined {
    for (let folder = path; ; folder = dirname(folder)) {
      const hashes = this.named(folder);
      if (hashes.length > 0) return { folder, hashes };
      if (dirname(folder) === folder) return undefined;
    }
  }
}
