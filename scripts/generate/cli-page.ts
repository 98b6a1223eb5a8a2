/** `docs/reference/cli.md`: every command, from the tree of commands itself. */
import type { Command } from "commander";
import { examplesOf, leavesOf, shapeOf } from "../../cli/definitions/options.ts";
import { exitCodes } from "../../cli/exit.ts";
import { pathOf, program } from "../../cli/program.ts";

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

function commandText(command: Command): string {
  const path = `nexus ${pathOf(command)}`;
  const args = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const aliases = command.aliases().map((alias) => `\`${alias}\``);
  const shape = shapeOf(command);
  const lines = [
    `## \`${[path, ...args].join(" ")}\``,
    "",
    `${capital(command.description())}.${aliases.length === 0 ? "" : ` Also: ${aliases.join(", ")}.`}`,
  ];
  const rows = [
    ...command.registeredArguments.flatMap((argument) =>
      argument.description === "" ? [] : [[argument.name(), argument.description] as const],
    ),
    ...command.options.map(({ flags, description }) => [flags, description] as const),
  ];
  if (rows.length > 0) {
    lines.push(
      "",
      "| option | what |",
      "| --- | --- |",
      ...rows.map(([name, what]) => `| \`${name}\` | ${escaped(what)} |`),
    );
  }
  if (shape !== undefined) lines.push("", `JSON: \`${shape}\``);
  const examples = examplesOf(command);
  if (examples.length > 0) lines.push("", "```sh", ...examples, "```");
  return lines.join("\n");
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const endings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: "Done.",
  failed:
    "It did not work; the message says what, where and what to do. `doctor`: something is wrong. `config get`: not set.",
  usage: "Wrong usage, or a Node that is too old. Nothing was done.",
  notNow: "Not possible now: recording or sharing is off, or it waits.",
  interrupted: "Ended by Ctrl-C; nothing is half done.",
  brokenPipe: "Whoever read stopped reading.",
};

export function cliPage(): string {
  const nexus = program();
  const codes = Object.entries(exitCodes).map(
    ([name, code]) => `| ${code} | ${endings[name as keyof typeof endings]} |`,
  );
  return `<!-- Generated from cli/definitions by npm run generate. -->
# The \`nexus\` command

${nexus.description()}

\`nexus --help\` and \`nexus COMMAND --help\` say the same. \`--plain\` before a command prints plain lines, without boxes, bars and
colours, for screen readers; colours appear on a terminal alone, and \`NO_COLOR\` is followed. Results go to standard output, errors
and progress to standard error. With \`--json\` there is one JSON document; its \`version\` changes when its shape does. Times are
milliseconds since 1970 (UTC), durations milliseconds, sizes bytes, shares numbers from 0 to 1.

Commands that print numbers first read what is new in the event logs. With recording on, the command records its own runs (name,
duration, how it ended), as every Nexus tool does.

| exit code | meaning |
| --- | --- |
${codes.join("\n")}

\`nexus run\` ends as its command does.

${leavesOf(nexus).map(commandText).join("\n\n")}
`;
}
