/**
 * The `nexus` command: assembles the definitions (`definitions/`), sets the exit code and records
 * its own runs. The commands themselves are in `commands/`.
 */
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { Command, CommanderError } from "commander";
import { homeFolder } from "../server/config/home.ts";
import { productVersion } from "../server/version.ts";
import { consentFile } from "../shared/consent/config-paths.ts";
import { terminalText } from "../shared/text/terminal-text.ts";
import { addAgents } from "./definitions/agents.ts";
import { addAnalytics } from "./definitions/analytics.ts";
import { plainExamples } from "./definitions/examples.ts";
import { leavesOf, withExamples } from "./definitions/options.ts";
import { addRecording } from "./definitions/recording.ts";
import { addSharing } from "./definitions/sharing.ts";
import { addShell } from "./definitions/shell.ts";
import { addShortForms, addTelemetry, shortForms } from "./definitions/telemetry.ts";
import { exitCodes, InterruptedError, UnavailableError, UsageError } from "./exit.ts";
import { printError } from "./output/print.ts";
import { showPlain } from "./output/terminal.ts";

/** `hasVersion`: whether `--version` is the product's; commander takes it from a subcommand that has its own. */
export function program(hasVersion = true): Command {
  const nexus = new Command("nexus")
    .description("Local-first usage analytics for your editor, terminal and AI agents. Off until you consent.")
    .option("--plain", "plain output for screen readers: no boxes, bars or colours")
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(terminalText(text)),
      writeErr: (text) => void process.stderr.write(terminalText(text)),
      outputError: (text, write) => write(text.replace(/^error: /, "nexus: ")),
    })
    .exitOverride();
  if (hasVersion) nexus.version(productVersion, "-v, --version");
  nexus.commandsGroup("Your data:");
  addAnalytics(nexus);
  nexus.commandsGroup("Recording and sharing:");
  addShortForms(nexus);
  addTelemetry(nexus);
  addAgents(nexus);
  addShell(nexus);
  addSharing(nexus);
  nexus.commandsGroup("Scripts and help:");
  addRecording(nexus);
  nexus.addHelpCommand(
    new Command("help").argument("[command]").description("display help for command").helpGroup("Scripts and help:"),
  );
  nexus.addHelpText(
    "after",
    `
Exit codes:
  0    success
  1    failure
  2    usage error
  3    unavailable: recording or sharing is off, or uploading is delayed
  130  interrupted (Ctrl+C)

nexus run exits with the code of the command it runs.`,
  );
  for (const command of leavesOf(nexus)) {
    const lines = plainExamples[pathOf(command)];
    if (lines !== undefined) withExamples(command, ...lines);
  }
  for (const command of allOf(nexus))
    command.showHelpAfterError(`(run ${`nexus ${pathOf(command)}`.trim()} --help for usage)`);
  return withExamples(nexus, "nexus enable", "nexus stats --week", "nexus why npm test", "nexus cost --by day");
}

const allOf = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(allOf)];

/** Returns the path of a command without `nexus`, such as "telemetry status". */
export function pathOf(command: Command): string {
  const parent = command.parent;
  return parent === null ? "" : `${pathOf(parent)} ${command.name()}`.trim();
}

/** A run of a short form is recorded under its long name. */
const longForm = (path: string): string => Object.entries(shortForms).find(([short]) => short === path)?.[1] ?? path;

export async function run(argv: readonly string[]): Promise<void> {
  const nexus = program(argv[2]?.startsWith("-") ?? true);
  if (argv.length <= 2) {
    nexus.outputHelp();
    return;
  }
  nexus.hook("preAction", async (_, command) => {
    showPlain(nexus.opts<{ plain?: boolean }>().plain === true);
    // Without a consent file nothing is recorded, so the module is not loaded.
    if (existsSync(consentFile({ env: process.env, home: homeFolder(), join, isAbsolute })))
      (await import("./self-telemetry.ts")).recordOwnRun(longForm(pathOf(command)));
  });
  try {
    await nexus.parseAsync(argv.map((word, n) => (n === 2 && word === "-V" ? "-v" : word)));
  } catch (error) {
    process.exitCode = await codeOf(error);
  }
}

/** Prints the error unless commander has printed it, and returns the exit code. */
async function codeOf(error: unknown): Promise<number> {
  // Commander prints its own errors; help and version end with its exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof InterruptedError) {
    process.stderr.write("\n");
    printError("Interrupted. Completed steps are kept.");
    return exitCodes.interrupted;
  }
  printError(await textOfError(error));
  if (error instanceof UsageError) return exitCodes.usage;
  return error instanceof UnavailableError ? exitCodes.notNow : exitCodes.failed;
}

/** An error of the file system is explained: its own text names a system call. */
async function textOfError(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return "unexpected error";
  const path: unknown = Reflect.get(error, "path");
  if (!("syscall" in error) || typeof path !== "string") return error.message;
  const { storageProblem } = await import("../server/store/storage-errors.ts");
  const { textOf } = await import("../shared/protocol/message.ts");
  return textOf(storageProblem(error, path).message);
}
