/** Checks commands against the public vocabulary; the JSON schema checks only their shape. */
import list from "../../shared/vocabulary/commands.json" with { type: "json" };

const programs: Readonly<Record<string, string>> = list.programs;
const nexusCommands = new Set((programs["nexus"] ?? "").split("|"));
const cache = new Map<string, boolean>();

export function isPublicCommand(path: string): boolean {
  const cached = cache.get(path);
  if (cached !== undefined) return cached;
  const [program = "", ...rest] = path.split(" ");
  const inProgram = Object.hasOwn(programs, program)
    ? rest.length === 0 || (programs[program] ?? "").split("|").includes(rest.join(" "))
    : false;
  const isPublic = path === "other" || nexusCommands.has(path) || inProgram;
  // Only listed commands are cached, so the cache is bounded.
  if (isPublic) cache.set(path, true);
  return isPublic;
}
