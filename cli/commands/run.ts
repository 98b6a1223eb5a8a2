/** `nexus run`: runs a command and records it. Recording never delays or fails the command. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { TelemetryService } from "../../server/worker/service.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";
import { errorCode } from "../../shared/text/error-code.ts";
import { UnavailableError } from "../exit.ts";
import { printError } from "../output/print.ts";
import { type CliPermission, readPermission } from "../permission.ts";
import { type CommandEventType, record } from "../record.ts";
import { logEvent } from "../run-log.ts";
import { withService } from "../runtime.ts";
import { sessionAt } from "../session.ts";

/** Exit codes of shells for a command that was not found or cannot be executed. */
const notFound = 127;
const notExecutable = 126;

const source = "nexus_cli";
/** Maximum wait for a database lock, which delays the exit of `nexus run`. Milliseconds. */
const lockMs = 50;

export async function run(command: readonly string[]): Promise<void> {
  const [program = "", ...args] = command;
  const startedMs = Date.now();
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: "inherit" });
  // Ctrl+C reaches the child process too, which decides whether to exit.
  const ignore = () => undefined;
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, ignore);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const exited = exitCodeOf(child);
  await reportErrors(async () => {
    const allowed = readPermission();
    if (allowed.collect.length === 0) return;
    const session = sessionAt(startedMs);
    const call = { stream: "tool", tool_name: "run_terminal_cmd", command_words: command } as const;
    await withService(
      async (service) => {
        service.hurry(lockMs);
        const record = (tsMs: number, fields: RawEventFields["agent_event"]) =>
          store(service, allowed, { source, session, tsMs }, fields);
        record(startedMs, { ...call, tool_phase: "start" });
        const code = await exited;
        const duration_ms = Math.round(performance.now() - startedAt);
        record(Date.now(), { ...call, tool_phase: "end", exit_code: code, duration_ms });
      },
      { ignoresInterrupt: true },
    );
  });
  process.exitCode = await exited;
}

/** Records into the database, or else into an event log. @throws if neither is possible */
function store(
  service: TelemetryService,
  allowed: CliPermission,
  context: CommandEventType,
  fields: RawEventFields["agent_event"],
): void {
  try {
    record(service, context, "agent_event", fields);
  } catch (error) {
    if (error instanceof UnavailableError || !logEvent(allowed, context, "agent_event", fields)) throw error;
  }
}

async function exitCodeOf(child: ReturnType<typeof spawn>): Promise<number> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    const missing = errorCode(error) === "ENOENT";
    printError(`${child.spawnfile}: ${missing ? "command not found" : "cannot be executed"}`);
    return missing ? notFound : notExecutable;
  }
}

/** Prints why a run was not recorded, unless recording is off. Never fails the command. */
async function reportErrors(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UnavailableError) return;
    printError(`run not recorded: ${error instanceof Error ? error.message : "unexpected error"}`);
  }
}
