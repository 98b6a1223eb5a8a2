/** Canonical names of operating systems and processor architectures. */
import {
  type Architecture,
  architectureAliases,
  architectures,
  type System,
  systemAliases,
  systems,
} from "../../shared/vocabulary/platforms.ts";

/** The value for everything outside a vocabulary. */
export const other = "other";

const lookup = <W extends string>(values: readonly W[], aliases: Readonly<Record<string, W>>, catchAll: W) => {
  const canonical = new Map<string, W>([...values.map((value) => [value, value] as const), ...Object.entries(aliases)]);
  return (name: string): W => (name.length > 32 ? catchAll : (canonical.get(name.toLowerCase()) ?? catchAll));
};

/** Accepts the names used by Node, Go, Rust and uname. */
export const system: (name: string) => System = lookup(systems, systemAliases, other);
export const architecture: (name: string) => Architecture = lookup(architectures, architectureAliases, other);
