/**
 * Returns a program's public name: without folder, Windows extension and trailing version. A
 * program in a folder of the user's own is never taken for the public one of the same name.
 */

import { evaluated } from "../shell/reader.ts";
import { aliasOf, isProgram } from "../vocabulary.ts";

/** Programs that are installed with their version in the name: `clang-17`, `php8.3`. */
const versioned = new Set(
  `aclocal autoconf automake clang clang++ clang-format clang-tidy clangd cpp cython erl g++ gawk gcc gdb gem gfortran
  ghc ghci guile idle ipython irb java javac jupyter lld lldb llc llvm-config lua luac luajit node nodejs nosetests
  ocaml opt perl pg_dump pg_restore php pip psql pydoc pylint pytest python ruby sqlite tclsh virtualenv wish`.split(
    /\s+/,
  ),
);
const versionedName = /^([a-z+_-]{2,24}?)-?(\d{1,3})(?:\.\d{1,3}){0,2}$/;
/** Go installs each version as a program: `go1.22`. */
const goVersion = /^go1\.\d{1,3}(?:\.\d{1,3})?$/;

/** Programs that a project carries with it, under their public names. */
const projectPrograms = new Set(
  "bazelisk bundle configure gradlew grailsw mill mvnw nx pants rails rake rebar3 rspec rubocop sail sbt spring".split(
    " ",
  ),
);

/** Public programs that are batch files on Windows. */
const batchPrograms = new Set(
  `bundle code composer corepack cordova cursor dart eslint expo firebase flutter gcloud gem gradle gradlew grunt gulp
  jest mvn mvnw ng npm npx nx pnpm pnpx prettier rails rake sbt scala scalac serverless tsc tsx turbo vercel vite vitest
  vue webpack wrangler yarn yarnpkg`.split(/\s+/),
);

/** Programs whose folder on Windows often has their name: `C:/Python312/python.exe`. */
const programFolders = /^(?:git|go|java|jdk|node|php|perl|python|ruby|julia|r|mysql|mongodb|postgresql)/;

/** Installed programs of everybody: `/usr/bin/`, `/opt/…/`, `C:/Program Files/…/`. */
const systemFolder =
  /^(?:\/(?:bin|sbin|usr\/(?!src\/)|snap|nix|system|library|applications|run\/current-system|mingw\d\d|ucrt64|etc\/alternatives|home\/linuxbrew)(?:\/|(?<=\/))|\/opt\/(?:.*\/)?s?bin\/|(?:\/mnt)?\/[a-z]\/(?:program files|windows)|[a-z]:\/(?:program files(?: \(x86\))?|programdata|windows|scoop|chocolatey|msys64|cygwin64|tools)\/|[a-z]:\/users\/[^/]+\/(?:scoop|appdata\/(?:local\/(?!temp\/)|roaming\/))|\0?%\w+%\/(?:system32|scoop|git)\/)/;

/** Folders of installed programs anywhere: `node_modules/.bin/`, `.venv/bin/`, `~/.cargo/bin/`. */
const toolFolder =
  /(?:^|\/)(?:node_modules\/\.bin|vendor\/bin|\.?(?:[a-z0-9]+[-_]?)?v?env(?:[-_.]?[0-9.]+)?\/(?:bin|scripts)|\.(?:asdf|bun|cabal|cargo|composer|deno|docker|dotnet|fly|fnm|foundry|ghcup|goenv|jenv|juliaup|krew|linkerd2|local|luarocks|mise|nix-profile|nodenv|npm-global|npm-packages|nvm|opam|pixi|plenv|poetry|proto|pub-cache|pulumi|pyenv|rbenv|rd|rustup|rvm|rye|sdkman|stack|swiftly|symfony\d?|tfenv|volta|yarn|wasmer|wasmtime)\/(?:.*\/)?(?:bin|shims)|go\/bin|(?:miniconda\d?|miniforge\d?|anaconda\d?|mambaforge|scoop|flutter)\/(?:.*\/)?(?:bin|shims))\/$/;

/** The variable is not known, but a program of this name there is the public one: `$JAVA_HOME/bin/java`. */
const variableFolder = new RegExp(`^(?:${evaluated}|%\\w{1,60}%)/(?:bin|scripts|shims)/$`);

/** Short aliases of PowerShell that people elsewhere give to their own commands: `gp` for `git push`. */
const ambiguousAlias = /^(?:..|gc[bms]|gpv|select|group|write)$/;

/** Returns the cmdlet of an alias; an ambiguous one needs a parameter of PowerShell: `ri -Recurse`. */
export function cmdletOf(word: string, hasParameter: () => boolean): string | undefined {
  const alias = word.toLowerCase();
  const cmdlet = aliasOf(alias);
  return cmdlet !== undefined && (!ambiguousAlias.test(alias) || hasParameter()) ? cmdlet : undefined;
}

function baseName(name: string): string | undefined {
  // Windows runs a batch file of the open folder by its bare name: only installed ones are public.
  const batch = /^(.*)\.(?:cmd|bat)$/.exec(name)?.[1];
  if (batch !== undefined) return batchPrograms.has(batch) ? batch : undefined;
  const plain = name.replace(/\.(?:exe|com)$/, "");
  if (isProgram(plain)) return plain;
  if (goVersion.test(plain)) return "go";
  const match = versionedName.exec(plain);
  if (match === null) return undefined;
  const [, stem = "", major = ""] = match;
  return versioned.has(stem) ? [stem + major, stem].find(isProgram) : undefined;
}

/** A longer path is no program's. */
const maxPathLength = 1_024;

export function programName(word: string): string | undefined {
  if (isProgram(word)) return word;
  if (word.length > maxPathLength) return undefined;
  // Django gives each project this file.
  if (/^(?:\.[\\/])?manage\.py$/.test(word)) return "django-admin";
  const path = word.toLowerCase().replaceAll("\\", "/");
  const slash = path.lastIndexOf("/");
  const base = path.slice(slash + 1);
  if (base === "" || base.includes(evaluated)) return undefined;
  if (slash === -1) return baseName(base.startsWith("@") ? base.slice(1) : base);
  const folder = path.slice(0, slash + 1);
  const name = baseName(base);
  if (name === undefined) return undefined;
  const isInstalled = systemFolder.test(folder) || toolFolder.test(folder) || hasProgramFolder(folder, name);
  if (isInstalled || (variableFolder.test(folder) && (versioned.has(name) || name === "python3"))) return name;
  // `./gradlew`, `bin/rails`
  return /^(?:\.{0,2}\/|bin\/|\.\/bin\/)$/.test(folder) && projectPrograms.has(name) ? name : undefined;
}

/** `C:/Python312/python.exe`: on Windows, a program often has a folder of its own name. */
function hasProgramFolder(folder: string, name: string): boolean {
  if (!/^[a-z]:\//.test(folder)) return false;
  const last = folder.slice(folder.lastIndexOf("/", folder.length - 2) + 1, -1);
  const program = name.replace(/\d+$/, "");
  return programFolders.test(program) && (last.startsWith(program) || (last === "cmd" && program === "git"));
}
