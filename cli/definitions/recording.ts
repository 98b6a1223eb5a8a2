/** Recording from the terminal and from scripts, and what looks after it all. */
import { Argument, type Command } from "commander";
import { shells } from "../output/shells.ts";
import { lazyAction } from "./lazy-action.ts";
import { repeated, withExamples, withJson } from "./options.ts";

export function addRecording(nexus: Command): void {
  withExamples(
    nexus
      .command("run")
      .description("run a command and record its public name, how long it took and how it ended")
      .argument("<command...>", "the command, after --"),
    "nexus run -- cargo build",
  ).action(lazyAction(() => import("../commands/run.ts")));

  withExamples(
    withJson(
      nexus
        .command("event")
        .description("events from scripts")
        .command("emit")
        .description("record one event; its fields are checked first (nexus telemetry explain EVENT)")
        .argument("<event>", "its type, such as task_completed")
        .addOption(repeated("--set <name=value>", "a field; may be given again"))
        .option("--source <source>", "where it comes from (nexus_cli)")
        .option("--session <uuid>", "a session of your own, as a random UUID")
        .option("--workspace <name>", "the workspace's name, kept as a salted hash")
        .option("--task <name>", "the task's name, kept as a salted hash"),
      "{version, stored, event_type}",
    ),
    "nexus event emit task_completed --set status=ok --set duration_ms=5400 --task 'Fix the tests'",
    "nexus event emit workspace_created --workspace my-project",
  ).action(lazyAction(() => import("../commands/event/emit.ts")));

  withJson(
    nexus.command("doctor").description("look at everything that recording and sharing need, and say what to do"),
    "{version, healthy, checks: [{name, state, what, advice}]}",
  ).action(lazyAction(() => import("../commands/doctor.ts")));

  withExamples(
    nexus
      .command("completion")
      .description("print a script that completes commands and options in your shell")
      .addArgument(new Argument("<shell>").choices(shells)),
    'eval "$(nexus completion bash)"',
    "nexus completion zsh > ~/.zfunc/_nexus",
    "nexus completion fish > ~/.config/fish/completions/nexus.fish",
    "nexus completion powershell | Out-String | Invoke-Expression",
  ).action(lazyAction(() => import("../commands/completion.ts")));
}
