/** Paths of the files that both the extension and the worker use. Pure: the environment is a parameter. */
export interface PathContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  readonly join: (...parts: readonly string[]) => string;
  readonly isAbsolute: (path: string) => boolean;
}

/** Returns the folder of `config.toml` and `consent.jsonl`; the same on every system. */
export function configFolder({ env, home, join, isAbsolute }: PathContext): string {
  const xdg = env["XDG_CONFIG_HOME"];
  // The XDG Base Directory Specification requires that relative values are ignored.
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, ".config"), "nexus");
}

/** Returns the path of the append-only log of consent decisions. No file: no decision yet. */
export function consentFile(context: PathContext): string {
  return context.join(configFolder(context), "consent.jsonl");
}

/** Returns the data folder: `NEXUS_HOME` if it is an absolute path, else `~/nexus`. */
export function nexusHome({ env, home, join, isAbsolute }: PathContext): string {
  const override = env["NEXUS_HOME"];
  return override !== undefined && isAbsolute(override) ? override : join(home, "nexus");
}

/** Returns the path of the file with the ID that binds consent records to this `NEXUS_HOME`. */
export function installationFile(context: PathContext): string {
  return context.join(nexusHome(context), "state", "usage", "installation.json");
}

/** Returns whether both the data and the configuration are at their default paths. */
export function isDefaultFolder(context: PathContext): boolean {
  const { home, join } = context;
  return nexusHome(context) === join(home, "nexus") && configFolder(context) === join(home, ".config", "nexus");
}
