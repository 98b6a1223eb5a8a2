/** The list of public commands, of which a command must be: the schema knows their shape alone. */
import list from "../../shared/vocabulary/commands.json" with { type: "json" };

const programs: Readonly<Record<string, string>> = list.programs;
const own = new Set((programs["nexus"] ?? "").split("|"));
const known = new Map<string, boolean>();

export function isPublicCommand(path: string): boolean {
  const before = known.get(path);
  if (before !== undefined) return before;
  const [program = "", ...rest] = path.split(" ");
  const inProgram = Object.hasOwn(programs, program)
    ? rest.length === 0 || (programs[program] ?? "").split("|").includes(rest.join(" "))
    : false;
  const isPublic = path === "other" || own.has(path) || inProgram;
  // Only what is on the list is remembered: it is finite.
  if (isPublic) known.set(path, true);
  return isPublic;
}
