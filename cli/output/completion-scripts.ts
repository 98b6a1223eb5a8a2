/**
 * Generates shell completion scripts from the command definitions. The scripts contain every
 * candidate, so completing never starts a process.
 */
import type { Command } from "commander";
import type { Shell } from "./shells.ts";

/** The completion candidates of one command. */
interface Node {
  /** "telemetry config"; empty for `nexus` itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly name: string; readonly description: string; readonly file: boolean }[];
  /** Choices of its arguments. */
  readonly choices: readonly string[];
}

function nodesOf(command: Command, path = ""): readonly Node[] {
  const children = command.commands.filter((child) => child.name() !== "help");
  const node: Node = {
    path,
    commands: children.flatMap((child) =>
      [child.name(), ...child.aliases()].map((name) => ({ name, description: child.description() })),
    ),
    options: [
      ...command.options.map(({ long, description, flags }) => ({
        name: long ?? "",
        description,
        file: flags.includes("<file>"),
      })),
      { name: "--help", description: "show help", file: false },
    ],
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  const below = children.flatMap((child) =>
    [child.name(), ...child.aliases()].flatMap((name) => nodesOf(child, `${path} ${name}`.trim())),
  );
  return [node, ...below];
}

export function completionScript(nexus: Command, shell: Shell): string {
  const nodes = nodesOf(nexus);
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript, powershell: powershellScript };
  return scripts[shell](nodes);
}

const candidatesOf = ({ commands, options, choices }: Node): string =>
  [...commands.map(({ name }) => name), ...choices, ...options.map(({ name }) => name)].join(" ");

const fileOptions = (nodes: readonly Node[]): readonly string[] => [
  ...new Set(nodes.flatMap(({ options }) => options.filter(({ file }) => file).map(({ name }) => name))),
];

function bashScript(nodes: readonly Node[]): string {
  const cases = nodes.map((node) => `    "${node.path}") words="${candidatesOf(node)}" ;;`).join("\n");
  return `# bash completion for nexus. Usage: eval "$(nexus completion bash)"
_nexus() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words=""
  local i
  case "$previous" in
    ${fileOptions(nodes).join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    [[ "$word" == -- ]] && { COMPREPLY=($(compgen -c -f -- "$current")); return; }
    [[ "$word" == -* ]] && continue
    path="\${path:+$path }$word"
  done
  case "$path" in
${cases}
    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _nexus nexus
`;
}

/** Escapes a text for single quotes in zsh; `_describe` splits entries at colons. */
const zshText = (text: string): string => text.replaceAll("'", "'\\''").replaceAll(":", "\\:");

function zshScript(nodes: readonly Node[]): string {
  const cases = nodes.map((node) => {
    const entries = [...node.commands, ...node.choices.map((name) => ({ name, description: "" })), ...node.options];
    return `    '${node.path}') entries=(${entries.map(({ name, description }) => `'${name}:${zshText(description)}'`).join(" ")}) ;;`;
  });
  return `#compdef nexus
# zsh completion for nexus. Save it as _nexus in a folder of $fpath, or run: source <(nexus completion zsh)
_nexus() {
  local path_='' word
  local -a entries
  case "\${words[CURRENT-1]}" in
    ${fileOptions(nodes).join("|")}) _files; return ;;
  esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ "$word" == -- ]] && { _normal; return }
    [[ "$word" == -* ]] && continue
    path_="\${path_:+$path_ }$word"
  done
  case "$path_" in
${cases.join("\n")}
    *) return ;;
  esac
  _describe nexus entries
}
if [ "\${funcstack[1]}" = _nexus ]; then _nexus "$@"; else compdef _nexus nexus; fi
`;
}

const fishText = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");

function fishScript(nodes: readonly Node[]): string {
  const lines = nodes.flatMap((node) => {
    const when = `-n '__nexus_at "${node.path}"'`;
    return [
      ...node.commands.map(
        ({ name, description }) => `complete -c nexus -f ${when} -a '${name}' -d '${fishText(description)}'`,
      ),
      ...node.choices.map((choice) => `complete -c nexus -f ${when} -a '${choice}'`),
      ...node.options.map(
        ({ name, description, file }) =>
          `complete -c nexus ${when} -l '${name.slice(2)}' ${file ? "-r -F " : ""}-d '${fishText(description)}'`,
      ),
    ];
  });
  return `# fish completion for nexus. Save it as ~/.config/fish/completions/nexus.fish
function __nexus_at
  set -l words (commandline -opc)
  set -e words[1]
  set -l path
  for word in $words
    string match -q -- '-*' $word; or set -a path $word
  end
  test "$path" = "$argv[1]"
end
complete -c nexus -f
${lines.join("\n")}
`;
}

const powershellText = (text: string): string => text.replaceAll("'", "''");

function powershellScript(nodes: readonly Node[]): string {
  const cases = nodes.map((node) => {
    const entries = [...node.commands, ...node.choices.map((name) => ({ name, description: name })), ...node.options];
    return `    '${node.path}' = @(${entries.map(({ name, description }) => `@('${name}', '${powershellText(description)}')`).join(", ")})`;
  });
  return `# PowerShell completion for nexus. Usage: nexus completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName nexus -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $entries = @{
${cases.join("\n")}
  }
  $words = $commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() } |
    Where-Object { $_ -notlike '-*' }
  $path = ($words -join ' ')
  $entries[$path] | Where-Object { $_ -and $_[0] -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}
`;
}
