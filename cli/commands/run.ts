/** `nexus run -- COMMAND`: runs a command and records its start, its end, and how it ended. The command comes first. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { TelemetryService } from "../../server/worker/service.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";
import { UnavailableError } from "../exit.ts";
import { printError } from "../output/print.ts";
import { type CliPermission, readPermission } from "../permission.ts";
import { type CommandEventType, record } from "../record.ts";
import { logEvent } from "../run-log.ts";
import { withService } from "../runtime.ts";
import { sessionAt } from "../session.ts";

/** As shells say that a command is not there, or cannot be run. */
const notFound = 127;
const notExecutable = 126;

const source = "nexus_cli";
/** How long another process may keep the database from being written: the command is not to wait for it. Milliseconds. */
const lockMs = 50;

export async function run(command: readonly string[]): Promise<void> {
  const [program = "", ...args] = command;
  const startedMs = Date.now();
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: "inherit" });
  // Ctrl-C reaches the command too; it decides.
  const ignore = () => undefined;
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, ignore);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const ended = codeOf(child);
  await quietly(async () => {
    const allowed = readPermission();
    if (allowed.collect.length === 0) return;
    const session = sessionAt(startedMs);
    const use = { stream: "tool", tool_name: "run_terminal_cmd", command_line: command.join(" ") } as const;
    await withService(
      async (worker) => {
        worker.hurry(lockMs);
        const record = (tsMs: number, fields: RawEventFields["agent_event"]) =>
          take(worker, allowed, { source, session, tsMs }, fields);
        record(startedMs, { ...use, tool_phase: "start" });
        const code = await ended;
        const duration_ms = Math.round(performance.now() - startedAt);
        record(Date.now(), { ...use, tool_phase: "end", exit_code: code, duration_ms });
      },
      { ignoresInterrupt: true },
    );
  });
  process.exitCode = await ended;
}

/** Into the store; where that cannot be used at present, into an event log. @throws where neither can. */
function take(
  worker: TelemetryService,
  allowed: CliPermission,
  moment: CommandEventType,
  fields: RawEventFields["agent_event"],
): void {
  try {
    record(worker, moment, "agent_event", fields);
  } catch (error) {
    if (error instanceof UnavailableError || !logEvent(allowed, moment, "agent_event", fields)) throw error;
  }
}

async function codeOf(child: ReturnType<typeof spawn>): Promise<number> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    printError(`${child.spawnfile}: ${missing ? "there is no such command" : "it cannot be run"}`);
    return missing ? notFound : notExecutable;
  }
}

/** What keeps it from being recorded is said, and never keeps the command from running. With recording off nothing is said. */
async function quietly(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UnavailableError) return;
    printError(`this run was not recorded: ${error instanceof Error ? error.message : "unknown"}`);
  }
}
