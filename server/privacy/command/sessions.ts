/**
 * Programs that wait for the user unless their arguments give them work: `python` is a session, and
 * `python app.py` is not. The time and the exit status of a session are the user's, not the program's.
 */

import { optionSet } from "./option-set.ts";

interface Rule {
  /** This many words that are no options and no shells give it work. Default: words give it none. */
  readonly arguments?: number;
  /** One of these options gives it work. */
  readonly unless?: string;
  /** Only with one of these options it waits for the user. */
  readonly when?: string;
  /** Options with a value, which is no argument. */
  readonly valued?: string;
  /** Options after the first argument belong to another program. */
  readonly wraps?: true;
}

const interpreter: Rule = {
  arguments: 1,
  unless:
    "-c -e -p -m -f -s -r -h -v -V -M -X -T --eval --print --run --test --check --ini --prof-process --v8-options --version --help -Command -File -EncodedCommand",
};
const containerOptions =
  "-v --volume -e --env -p --publish --name -w --workdir --network -u --user -l --label --entrypoint --env-file --mount --platform -m --memory --cpus --restart -h --hostname --add-host --gpus -n --namespace -c --container --image";
const container: Rule = {
  when: "-i -t -p -P --interactive --tty --publish",
  unless: "-d --detach",
  valued: containerOptions,
  wraps: true,
};
const terminal: Rule = { when: "-i -t --interactive --tty --stdin", valued: containerOptions, wraps: true };
const service: Rule = { arguments: 2, unless: "-T --no-tty -d --detach", valued: containerOptions, wraps: true };
const database: Rule = {
  valued: "-h -H -U -u -p -P -d -D",
  unless: "-c -e -f -l -V -? --command --eval --execute --file --list --query --version --help",
};
const editing: Rule = { when: "-i -p -e --interactive --patch --edit" };
const message: Rule = {
  unless:
    "-m -F -C -t -b -f -h -w --message --file --no-edit --reuse-message --fixup --squash --title --body --fill --fill-first --web --dry-run --porcelain --help",
};
const prompt: Rule = {
  unless: "-p -m --print --prompt --message --message-file --commit --lint --version --help -v -h --yes",
};

/** By command path. */
const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    "python python2 python3 node ruby lua luajit julia r octave bash sh zsh fish dash ksh nu pwsh powershell scala clojure racket guile sbcl ocaml tsx ts-node deno"
      .split(" ")
      .map((name) => [name, interpreter]),
  ),
  php: { ...interpreter, unless: `${interpreter.unless} -i -l` },
  "docker run": container,
  "podman run": container,
  "docker container run": container,
  "docker exec": terminal,
  "podman exec": terminal,
  "docker container exec": terminal,
  "kubectl exec": terminal,
  "kubectl run": terminal,
  "docker compose exec": service,
  "docker compose run": service,
  "docker-compose exec": service,
  "docker-compose run": service,
  psql: database,
  mysql: database,
  mariadb: database,
  mongosh: database,
  mongo: database,
  sqlcmd: { unless: "-Q -q -i" },
  "clickhouse-client": { unless: "-q --query --queries-file" },
  sqlite3: { arguments: 2, unless: "-version --version -help --help", valued: "-cmd -separator -init" },
  duckdb: { arguments: 2, unless: "-c -s -f", valued: "-cmd -init" },
  "redis-cli": { arguments: 1, unless: "--version --help --scan --bigkeys --pipe --stat", valued: "-h -p -n -a -u -s" },
  "valkey-cli": {
    arguments: 1,
    unless: "--version --help --scan --bigkeys --pipe --stat",
    valued: "-h -p -n -a -u -s",
  },
  ssh: {
    arguments: 2,
    unless: "-N -f -T -V -G -O",
    valued: "-b -B -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w",
  },
  su: { unless: "-c --command" },
  crontab: { arguments: 1, unless: "-l -r", valued: "-u" },
  "ollama run": { arguments: 2 },
  "adb shell": { arguments: 1 },
  "vagrant ssh": { unless: "-c --command" },
  "git commit": message,
  "gh pr create": message,
  "gh issue create": message,
  "git add": editing,
  "git rebase": editing,
  "git stash": editing,
  "git checkout": editing,
  "git restore": editing,
  "git reset": editing,
  "git clean": { when: "-i --interactive" },
  "git stash push": editing,
  claude: prompt,
  gemini: prompt,
  aider: prompt,
  amp: { unless: "-x --execute --version --help" },
  goose: prompt,
  codex: { unless: "--version --help -h -V" },
  opencode: { unless: "-p --prompt --version --help -h -v" },
  "npm init": { arguments: 1, unless: "-y --yes" },
  "yarn init": { arguments: 1, unless: "-y --yes" },
};

const parsed = new Map<
  string,
  { readonly unless: ReadonlySet<string>; readonly when: ReadonlySet<string>; readonly valued: ReadonlySet<string> }
>();

/** Returns whether this command is a session of the user; `from`: the first word after its path. */
export function isSession(path: string, words: readonly string[], from: number): boolean {
  const rule = Object.hasOwn(rules, path) ? rules[path] : undefined;
  if (rule === undefined) return false;
  const known = parsed.get(path) ?? {
    unless: optionSet(rule.unless),
    when: optionSet(rule.when),
    valued: optionSet(rule.valued),
  };
  parsed.set(path, known);
  let left = rule.arguments ?? Number.POSITIVE_INFINITY;
  let isAsked = rule.when === undefined;
  for (let at = from; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--" && rule.wraps !== true) break;
    if (!word.startsWith("-")) {
      if (!shells.has(word)) left -= 1;
      if (left <= 0) return false;
      if (rule.wraps === true && rule.arguments === undefined) break;
      continue;
    }
    const options = optionsIn(word, known.valued);
    if (options.some((option) => known.unless.has(option))) return false;
    if (options.some((option) => known.when.has(option))) isAsked = true;
    if (known.valued.has(word)) at += 1;
  }
  return isAsked;
}

/** In a container or on another machine, a shell is no work by itself. */
export const shells: ReadonlySet<string> = new Set([
  "sh",
  "bash",
  "zsh",
  "dash",
  "fish",
  "ash",
  "/bin/sh",
  "/bin/bash",
]);

/**
 * The options of a word: `-it` is `-i` and `-t`, `-amfix` has `-m`, `--message=x` is `--message`. What
 * follows an option with a value is the value: `-hlocalhost` is `-h`.
 */
function optionsIn(word: string, valued: ReadonlySet<string>): readonly string[] {
  const options = [word.split("=", 1)[0] ?? ""];
  for (const letter of /^-([A-Za-z]{1,3})/.exec(word)?.[1] ?? "") {
    options.push(`-${letter}`);
    if (valued.has(`-${letter}`)) break;
  }
  return options;
}
