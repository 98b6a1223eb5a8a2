/** The `nexus` command: its definitions (`definitions/`), how it ends, and how it notes its own runs. What a command does lies in `commands/`. */
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { Command, CommanderError } from "commander";
import { homeFolder } from "../server/config/home.ts";
import { productVersion } from "../server/version.ts";
import { consentFile } from "../shared/consent/config-paths.ts";
import { terminalText } from "../shared/text/terminal-text.ts";
import { addAgents } from "./definitions/agents.ts";
import { addAnalytics } from "./definitions/analytics.ts";
import { withExamples } from "./definitions/options.ts";
import { addRecording } from "./definitions/recording.ts";
import { addSharing } from "./definitions/sharing.ts";
import { addTelemetry } from "./definitions/telemetry.ts";
import { exitCodes, InterruptedError, UnavailableError, UsageError } from "./exit.ts";
import { printError } from "./output/print.ts";
import { showPlain } from "./output/terminal.ts";

export function program(): Command {
  const nexus = new Command("nexus")
    .description("Local-first usage analytics for your editor, terminal and AI agents. Off until you say yes.")
    .version(productVersion)
    .option("--plain", "plain lines: no boxes, bars or colours; for screen readers")
    .showSuggestionAfterError()
    .showHelpAfterError("(nexus --help shows what there is)")
    .configureOutput({
      writeOut: (text) => void process.stdout.write(terminalText(text)),
      writeErr: (text) => void process.stderr.write(terminalText(text)),
    })
    .exitOverride();
  addTelemetry(nexus);
  addAnalytics(nexus);
  addSharing(nexus);
  addRecording(nexus);
  addAgents(nexus);
  nexus.addHelpText(
    "after",
    `
Exit codes: 0 done, 1 it did not work, 2 wrong usage, 3 not possible now (recording or sharing is off, or it waits),
130 ended by Ctrl-C. nexus run ends as its command does.`,
  );
  return withExamples(nexus, "nexus telemetry enable", "nexus stats --week", "nexus usage upload --dry-run --json");
}

/** "telemetry status" of that command. */
export function pathOf(command: Command): string {
  const parent = command.parent;
  return parent === null ? "" : `${pathOf(parent)} ${command.name()}`.trim();
}

export async function run(argv: readonly string[]): Promise<void> {
  const nexus = program();
  nexus.hook("preAction", async (_, command) => {
    showPlain(nexus.opts<{ plain?: boolean }>().plain === true);
    // Without consent nothing is recorded, so nothing is loaded for it.
    if (existsSync(consentFile({ env: process.env, home: homeFolder(), join, isAbsolute })))
      (await import("./self-telemetry.ts")).recordOwnRun(pathOf(command));
  });
  try {
    await nexus.parseAsync(argv);
  } catch (error) {
    process.exitCode = codeOf(error);
  }
}

/** Says what went wrong, where nobody has yet. */
function codeOf(error: unknown): number {
  // Help and version are no errors; of others it has said what was wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof InterruptedError) {
    process.stderr.write("\n");
    printError("ended by Ctrl-C; nothing was left half done.");
    return exitCodes.interrupted;
  }
  printError(error instanceof Error ? error.message : "this did not work");
  if (error instanceof UsageError) return exitCodes.usage;
  return error instanceof UnavailableError ? exitCodes.notNow : exitCodes.failed;
}
