/** `nexus run`, `event`, `doctor`, `uninstall` and `completion`. */
import { Argument, type Command } from "commander";
import { shells } from "../output/shells.ts";
import { lazyAction } from "./lazy-action.ts";
import { parseInteger, repeated, withExamples, withJson } from "./options.ts";

export function addRecording(nexus: Command): void {
  withExamples(
    nexus
      .command("run")
      .description("run a command and record its name, duration and outcome")
      .argument("<command...>", "command to run, after --"),
    "nexus run -- cargo build",
  ).action(lazyAction(() => import("../commands/run.ts")));

  withExamples(
    withJson(
      nexus
        .command("event")
        .description("record events from scripts")
        .command("emit")
        .description("validate and record one event (for its fields: nexus telemetry explain EVENT)")
        .argument("<event>", "event type, such as task_completed")
        .addOption(repeated("--set <name=value>", "set a field (repeatable)"))
        .option("--source <source>", "event source (default: nexus_cli)")
        .option("--session <uuid>", "session ID (random UUID v4)")
        .option("--workspace <name>", "workspace name (stored as a salted hash)")
        .option("--task <name>", "task name (stored as a salted hash)"),
      "{version, stored, event_type}",
    ),
    "nexus event emit task_completed --set status=ok --set duration_ms=5400 --task 'Fix the tests'",
    "nexus event emit workspace_created --workspace my-project",
  ).action(lazyAction(() => import("../commands/event/emit.ts")));

  withExamples(
    withJson(
      nexus
        .command("import")
        .description("import an export of another machine, or of this one before a purge")
        .argument("[file]", "file of nexus telemetry export (json or jsonl)")
        .option("--list", "list imports")
        .option("--undo <number>", "remove an import", parseInteger)
        .option("--yes", "skip the prompt"),
      "{version, origins: [{name, asOfMs, action, events, sessions, totals, firstMs, lastMs}], imported: {events, sessions, totals, repeated, expired}}; with --list {version, imports: [{id, name, asOfMs, importedMs, complete, events, sessions}]}; with --undo {version, events, sessions, freedBytes, searched, found, copies}",
    ),
    "nexus import nexus-export-2026-11-26.json",
    "nexus import --list",
    "nexus import --undo 1",
  ).action(lazyAction(() => import("../commands/import.ts")));

  withJson(
    nexus
      .command("doctor")
      .description("diagnose problems of recording, agents, editors and sharing")
      .option("--report", "print Markdown for a bug report, without paths, names and addresses"),
    "{version, healthy, checks: [{name, status, message, advice}]}; status is ok, warning or error; advice is optional",
  ).action(lazyAction(() => import("../commands/doctor.ts")));

  withExamples(
    withJson(
      nexus
        .command("uninstall")
        .description("remove hooks, data, decisions and settings from this machine, with a proof")
        .option("--leave-shared", "leave data that you shared on its server, where it cannot be erased afterwards")
        .option("--yes", "skip the prompt"),
      "{version, removed, disconnected, events, searched, remaining: [{file, reason}], kept}",
    ),
    "nexus uninstall",
    "nexus uninstall --yes --json",
  ).action(lazyAction(() => import("../commands/uninstall.ts")));

  nexus
    .command("extension-removed", { hidden: true })
    .description("run by the editor after it removed the extension")
    .action(lazyAction(() => import("../commands/extension-removed.ts")));

  withExamples(
    nexus
      .command("completion")
      .description("print a shell completion script")
      .addArgument(new Argument("<shell>", "shell to complete in").choices(shells)),
    'eval "$(nexus completion bash)"',
    "nexus completion zsh > ~/.zfunc/_nexus",
    "nexus completion fish > ~/.config/fish/completions/nexus.fish",
    "nexus completion powershell | Out-String | Invoke-Expression",
  ).action(lazyAction(() => import("../commands/completion.ts")));
}
