/**
 * Builds the closed list of public command words, `shared/vocabulary/commands.json`, from the completion
 * specifications of `@withfig/autocomplete` (MIT) and the product's own commands.
 *
 * Only names go in: programs and up to two levels of subcommands, lower case, of a narrow pattern.
 * Run with `npm run generate`; a test checks that the file is in step with its sources.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nexusCommands } from "../../shared/vocabulary/nexus-commands.ts";

const source = fileURLToPath(new URL("../../node_modules/@withfig/autocomplete", import.meta.url));

/** A word that may be stored. Anything else in the source (placeholders, paths, upper case) is left out. */
const word = /^[a-z0-9][a-z0-9._+-]{0,31}$/;

/** How many words one program may bring; the large clouds (aws, gcloud, az) keep their first level only. */
const wordsPerProgram = 400;

interface Spec {
  name?: string | readonly string[];
  subcommands?: readonly Spec[];
  /** The name of another specification that holds the rest of this one. */
  loadSpec?: unknown;
}

function names(spec: Spec): string[] {
  const all = typeof spec.name === "string" ? [spec.name] : (spec.name ?? []);
  return all.filter((name) => word.test(name));
}

async function load(name: string): Promise<Spec> {
  const module: { default?: unknown } = await import(pathToFileURL(join(source, "build", `${name}.js`)).href);
  // A few specifications are functions of the installed version; their program's name is still public.
  return typeof module.default === "object" && module.default !== null ? module.default : {};
}

async function paths(spec: Spec, depth: number): Promise<string[]> {
  const found: string[] = [];
  const rest = typeof spec.loadSpec === "string" && word.test(spec.loadSpec) ? await load(spec.loadSpec) : {};
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
    if (!entry.name.endsWith(".js") || entry.name === "index.js" || !word.test(program)) continue;
    const spec = await load(program);
    const deep = await paths(spec, 2);
    found.set(program, deep.length <= wordsPerProgram ? deep : await paths(spec, 1));
  }
  return found;
}

/** The whole file's text: one program a line, subcommands sorted, so that a change reads as a diff. */
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
