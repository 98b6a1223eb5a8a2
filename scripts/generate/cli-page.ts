/** Generates `docs/reference/cli.md` from the command definitions. */
import type { Command } from "commander";
import { examplesOf, leavesOf, shapeOf } from "../../cli/definitions/options.ts";
import { exitCodes } from "../../cli/exit.ts";
import { pathOf, program } from "../../cli/program.ts";

const escapeCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

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
      "| Argument or option | Description |",
      "| --- | --- |",
      ...rows.map(([name, description]) => `| \`${name}\` | ${escapeCell(description)} |`),
    );
  }
  if (shape !== undefined) lines.push("", `JSON: \`${shape}\``);
  const examples = examplesOf(command);
  if (examples.length > 0) lines.push("", "```sh", ...examples, "```");
  return lines.join("\n");
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: "Success.",
  failed:
    "Failure; the message says what happened, where, and what to do. `doctor`: a check failed. `config get`: not set.",
  usage: "Usage error, or an unsupported Node version. Nothing was changed.",
  notNow: "Unavailable: recording or sharing is off, or uploading is delayed.",
  interrupted: "Interrupted (Ctrl+C); no partial changes were made.",
  brokenPipe: "The reader of the output closed the pipe.",
};

export function cliPage(): string {
  const nexus = program();
  const codes = Object.entries(exitCodes).map(
    ([name, code]) => `| ${code} | ${meanings[name as keyof typeof meanings]} |`,
  );
  return `<!-- Generated from cli/definitions by npm run generate. -->
# The \`nexus\` command

${nexus.description()}

This page contains the text of \`nexus --help\` and \`nexus COMMAND --help\`, and the shapes of the JSON output.

- Results are written to standard output, errors and progress to standard error.
- \`--plain\` before a command prints plain text for screen readers, without boxes, bars and colours. Colours are used only on a
  terminal and never with \`NO_COLOR\`.
- \`--json\` prints one JSON document. Its \`version\` increases when its shape changes. Times are milliseconds since 1970 (UTC),
  durations are milliseconds, sizes are bytes, and rates are numbers from 0 to 1. Values that are unavailable are \`null\`.
- Commands that print statistics import new lines of the event logs first.
- With recording on, the command records its own runs: name, duration and outcome.

| Exit code | Meaning |
| --- | --- |
${codes.join("\n")}

\`nexus run\` exits with the code of the command it runs.

${leavesOf(nexus).map(commandText).join("\n\n")}
`;
}
