/**
 * Generates `shared/vocabulary/commands.json`, the closed list of public commands, from the completion
 * specifications of `@withfig/autocomplete` (MIT) and `nexus-commands.ts`.
 *
 * It contains only names: programs and up to two levels of subcommands that match a narrow pattern.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nexusCommands } from "../../shared/vocabulary/nexus-commands.ts";

const source = fileURLToPath(new URL("../../node_modules/@withfig/autocomplete", import.meta.url));

/** Excludes placeholders, paths and upper case. */
const namePattern = /^[a-z0-9][a-z0-9._+-]{0,31}$/;

/** Programs with more subcommands (aws, gcloud, az) keep only the first level. */
const maxSubcommands = 400;

interface Spec {
  name?: string | readonly string[];
  subcommands?: readonly Spec[];
  /** Name of the specification that continues this one. */
  loadSpec?: unknown;
}

function names(spec: Spec): string[] {
  const all = typeof spec.name === "string" ? [spec.name] : (spec.name ?? []);
  return all.filter((name) => namePattern.test(name));
}

async function load(name: string): Promise<Spec> {
  const module: { default?: unknown } = await import(pathToFileURL(join(source, "build", `${name}.js`)).href);
  // Some specifications are functions of the installed version; only the program's name is used.
  return typeof module.default === "object" && module.default !== null ? module.default : {};
}

async function paths(spec: Spec, depth: number): Promise<string[]> {
  const found: string[] = [];
  const rest = typeof spec.loadSpec === "string" && namePattern.test(spec.loadSpec) ? await load(spec.loadSpec) : {};
  for (const sub of [...(spec.subcommands ?? []), ...(rest.subcommands ?? [])]) {
    const deeper = depth > 1 ? await paths(sub, depth - 1) : [];
    for (const name of names(sub)) found.push(name, ...deeper.map((path) => `${name} ${path}`));
  }
  return found;
}

async function programs(): Promise<Map<string, string[]>> {
  const folder = join(source, "build");
  const found = new Map<string, string[]>();
  for (const entry of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile())) {
    const program = entry.name.replace(/\.js$/, "");
    if (!entry.name.endsWith(".js") || entry.name === "index.js" || !namePattern.test(program)) continue;
    const spec = await load(program);
    const deep = await paths(spec, 2);
    found.set(program, deep.length <= maxSubcommands ? deep : await paths(spec, 1));
  }
  return found;
}

/** Returns the file's text: one program per line and sorted, for readable diffs. */
export async function vocabularyText(): Promise<string> {
  const manifest: { version: string } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  const merged = await programs();
  for (const [program, subcommands] of Object.entries(nexusCommands)) {
    merged.set(program, [...(merged.get(program) ?? []), ...subcommands]);
  }
  const lines = [...merged]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([program, subs]) => `    ${JSON.stringify(program)}: ${JSON.stringify([...new Set(subs)].sort().join("|"))}`);
  return `{
  "generated": "by scripts/generate/vocabulary.ts, do not edit",
  "source": "@withfig/autocomplete ${manifest.version} (MIT) and shared/vocabulary/nexus-commands.ts",
  "programs": {
${lines.join(",\n")}
  }
}
`;
}
