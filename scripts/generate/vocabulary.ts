/**
 * Generates `shared/vocabulary/commands.json`, the closed list of public commands, from the completion
 * specifications of `@withfig/autocomplete` (MIT) and the lists in `vocabulary/`.
 *
 * It contains only names: programs, up to two levels of subcommands and the options before them,
 * all of which match a narrow pattern.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { interpreterModules } from "../../server/privacy/command/modules.ts";
import { ownCommands } from "../../shared/vocabulary/own-commands.ts";
import { scriptRunners, scriptWords } from "../../shared/vocabulary/script-words.ts";

const source = fileURLToPath(new URL("../../node_modules/@withfig/autocomplete", import.meta.url));
const lists = fileURLToPath(new URL("vocabulary/", import.meta.url));

/** Excludes placeholders, paths and upper case. */
const namePattern = /^[a-z0-9][a-z0-9._+-]{0,31}$/;
/** In the lists also tasks with their namespace (`db:migrate`) and actions that are options (`cmake --build`). */
const listedName = /^(?:--)?[a-z0-9][a-z0-9._+:-]{0,31}$/;
const optionPattern = /^--?[A-Za-z0-9][A-Za-z0-9-]{0,39}$/;

/** Programs with more subcommands (aws, gcloud, az) keep only the first level. */
const maxSubcommands = 400;
/** Longer lists (webpack) are options of a build and precede no subcommand. */
const maxOptions = 60;

/** The commands of Nexus tools (usage aggregation). */
const nexus: Readonly<Record<string, readonly string[]>> = {
  nexus: [...ownCommands, "status", "skills", "skills search", "think", "compare", "metrics"],
  "nexus-cloud": ["serve", "migrate", "replay", "doctor"],
};

interface Option {
  name?: string | readonly string[];
  args?: { isOptional?: boolean } | readonly { isOptional?: boolean }[];
}

interface Spec {
  name?: string | readonly string[];
  subcommands?: readonly Spec[];
  options?: readonly Option[];
  /** Name of the specification that continues this one. */
  loadSpec?: unknown;
}

const namesOf = ({ name }: Spec | Option): readonly string[] => (typeof name === "string" ? [name] : (name ?? []));
const names = (spec: Spec): readonly string[] => namesOf(spec).filter((name) => namePattern.test(name));

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

/** Options of a command, by whether they take a value. */
interface Options {
  readonly valued: Set<string>;
  readonly flags: Set<string>;
}

function optionsOf({ options }: Spec): Options {
  const found: Options = { valued: new Set(), flags: new Set() };
  for (const option of options ?? []) {
    const first = Array.isArray(option.args) ? option.args[0] : option.args;
    const takesValue = first !== undefined && first.isOptional !== true;
    for (const name of namesOf(option)) {
      // A reader knows that `--no-…` takes no value.
      if (optionPattern.test(name) && !name.startsWith("--no-")) (takesValue ? found.valued : found.flags).add(name);
    }
  }
  return found.valued.size + found.flags.size <= maxOptions ? found : { valued: new Set(), flags: new Set() };
}

interface Vocabulary {
  readonly programs: Map<string, Set<string>>;
  readonly options: Map<string, Options>;
}

async function readSpecifications({ programs, options }: Vocabulary): Promise<void> {
  const folder = join(source, "build");
  for (const entry of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile())) {
    const program = entry.name.replace(/\.js$/, "");
    if (!entry.name.endsWith(".js") || entry.name === "index.js" || !namePattern.test(program)) continue;
    const spec = await load(program);
    const deep = await paths(spec, 2);
    programs.set(program, new Set(deep.length <= maxSubcommands ? deep : await paths(spec, 1)));
    if (deep.length > 0) options.set(program, optionsOf(spec));
    for (const sub of spec.subcommands ?? []) {
      if ((sub.subcommands ?? []).length === 0) continue;
      for (const name of names(sub)) options.set(`${program} ${name}`, optionsOf(sub));
    }
  }
}

async function linesOf(file: string): Promise<readonly string[]> {
  const text = await readFile(join(lists, file), "utf8");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** Adds a list: `program: subcommand, subcommand` or only programs in a line. */
async function readPrograms(file: string, { programs }: Vocabulary): Promise<void> {
  const add = (program: string, subcommands: readonly string[]) => {
    for (const word of [program, ...subcommands.flatMap((path) => path.split(" "))]) {
      if (!listedName.test(word)) throw new Error(`${file}: "${word}" is not a public name`);
    }
    const known = programs.get(program) ?? new Set();
    programs.set(program, new Set([...known, ...subcommands]));
  };
  for (const line of await linesOf(file)) {
    const colon = line.indexOf(": ");
    if (colon === -1) for (const program of line.split(" ")) add(program, []);
    else add(line.slice(0, colon), line.slice(colon + 2).split(", "));
  }
}

async function readAliases(): Promise<readonly (readonly [string, string])[]> {
  const pairs = (await linesOf("powershell-aliases.txt")).flatMap((line) => line.split(" "));
  return pairs.map((pair) => {
    const [alias = "", cmdlet = ""] = pair.split("=");
    return [alias, cmdlet] as const;
  });
}

/** The manual's word takes precedence over the completion specification's. */
async function readOptions({ options }: Vocabulary): Promise<void> {
  for (const line of await linesOf("options.txt")) {
    const [command = "", text = ""] = line.split(": ");
    const [valued = "", flags = ""] = text.split("|").map((part) => part.trim());
    const known = options.get(command) ?? { valued: new Set(), flags: new Set() };
    const words = (list: string) => list.split(" ").filter((word) => word !== "");
    for (const word of words(valued)) known.flags.delete(word);
    for (const word of words(flags)) known.valued.delete(word);
    options.set(command, {
      valued: new Set([...known.valued, ...words(valued)]),
      flags: new Set([...known.flags, ...words(flags)]),
    });
  }
  const same = {
    gradlew: "gradle",
    mvnw: "mvn",
    gmake: "make",
    pip3: "pip",
    "podman-compose": "docker-compose",
    yum: "dnf",
  };
  for (const [command, other] of Object.entries(same)) {
    const known = options.get(other);
    if (known !== undefined) options.set(command, known);
  }
}

/** Adds the public scripts to the commands that run them, and Python's modules to the interpreters. */
function addScripts({ programs }: Vocabulary): void {
  for (const runner of Object.keys(scriptRunners)) {
    const [program = "", ...below] = runner.split(" ");
    const known = programs.get(program) ?? new Set();
    const scripts = scriptWords.map((word) => [...below, word].join(" "));
    programs.set(program, new Set([...known, ...(below.length > 0 ? [below.join(" ")] : []), ...scripts]));
  }
  for (const interpreter of ["python", "python3", "python2"]) {
    const known = programs.get(interpreter) ?? new Set();
    programs.set(interpreter, new Set([...known, ...interpreterModules]));
  }
}

const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

const lines = (entries: readonly (readonly [string, string])[]) =>
  entries.map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n");
const listed = (words: ReadonlySet<string>, separator: string) => [...words].sort().join(separator);

async function readVocabulary(): Promise<Vocabulary> {
  const found: Vocabulary = { programs: new Map(), options: new Map() };
  await readSpecifications(found);
  for (const file of (await readdir(lists)).sort()) {
    if (file !== "options.txt" && file !== "powershell-aliases.txt") await readPrograms(file, found);
  }
  for (const [program, commands] of Object.entries(nexus)) {
    found.programs.set(program, new Set([...(found.programs.get(program) ?? []), ...commands]));
  }
  // Their specifications list commands of their own languages, which are arguments.
  for (const program of ["sed", "tar"]) found.programs.set(program, new Set());
  await readOptions(found);
  addScripts(found);
  return found;
}

/** Returns the file's text: one name per line and sorted, for readable diffs. */
async function fileText(sections: Readonly<Record<string, readonly (readonly [string, string])[]>>): Promise<string> {
  const manifest: { version: string } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  const texts = Object.entries(sections).map(([name, entries]) => `  "${name}": {\n${lines(entries)}\n  }`);
  return `{
  "generated": "by scripts/generate/vocabulary.ts, do not edit",
  "source": "@withfig/autocomplete ${manifest.version} (MIT) and the lists in scripts/generate/vocabulary",
${texts.join(",\n")}
}
`;
}

const programEntries = ({ programs }: Vocabulary) =>
  sorted(programs).map(([program, paths]) => [program, listed(paths, "|")] as const);

/** For those who read no command lines. */
export async function programsText(): Promise<string> {
  return fileText({ programs: programEntries(await readVocabulary()) });
}

export async function vocabularyText(): Promise<string> {
  const found = await readVocabulary();
  const options = sorted(found.options)
    .filter(([, { valued, flags }]) => valued.size + flags.size > 0)
    .map(([command, { valued, flags }]) => [command, `${listed(valued, " ")}|${listed(flags, " ")}`] as const);
  const aliases = [...(await readAliases())].sort(([a], [b]) => (a < b ? -1 : 1));
  return fileText({ programs: programEntries(found), aliases, options });
}
