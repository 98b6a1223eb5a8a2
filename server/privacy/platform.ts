/** Systems and processors by their canonical names. */
import {
  type Architecture,
  architectureAliases,
  architectures,
  type System,
  systemAliases,
  systems,
} from "../../shared/vocabulary/platforms.ts";

/** The word for everything that is on no list. */
export const other = "other";

const aliased = <W extends string>(values: readonly W[], aliases: Readonly<Record<string, W>>, catchAll: W) => {
  const known = new Map<string, W>([...values.map((word) => [word, word] as const), ...Object.entries(aliases)]);
  return (name: string): W => (name.length > 32 ? catchAll : (known.get(name.toLowerCase()) ?? catchAll));
};

/** The system's canonical name, as Node, Go, Rust or uname call it. */
export const system: (name: string) => System = aliased(systems, systemAliases, other);
export const architecture: (name: string) => Architecture = aliased(architectures, architectureAliases, other);
