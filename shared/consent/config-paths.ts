/**
 * Where the files lie that both the editor and the worker must find. Pure: the environment comes in from outside.
 */
export interface PathContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  /** Joins parts of a path as the system does. */
  readonly join: (...parts: readonly string[]) => string;
  readonly isAbsolute: (path: string) => boolean;
}

/** The folder of `config.toml` and `consent.jsonl`: `$XDG_CONFIG_HOME/nexus`, else `~/.config/nexus`, on every system. */
export function configFolder({ env, home, join, isAbsolute }: PathContext): string {
  const xdg = env["XDG_CONFIG_HOME"];
  // A relative value is to be ignored (XDG Base Directory Specification).
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, ".config"), "nexus");
}

/** The append-only record of the user's own decisions. Absent means never asked. */
export function consentFile(surroundings: PathContext): string {
  return surroundings.join(configFolder(surroundings), "consent.jsonl");
}

/** The folder of all data: `NEXUS_HOME`, else `~/nexus`. A relative value does not count, as above. */
export function nexusHome({ env, home, join, isAbsolute }: PathContext): string {
  const given = env["NEXUS_HOME"];
  return given !== undefined && isAbsolute(given) ? given : join(home, "nexus");
}

/** Holds the value that binds consent records to this `NEXUS_HOME`. */
export function installationFile(surroundings: PathContext): string {
  return surroundings.join(nexusHome(surroundings), "state", "usage", "installation.json");
}

/** Whether data and decisions lie in the same home folder, and nothing in the environment moves either. */
export function isDefaultFolder(surroundings: PathContext): boolean {
  const { home, join } = surroundings;
  return (
    nexusHome(surroundings) === join(home, "nexus") && configFolder(surroundings) === join(home, ".config", "nexus")
  );
}
