/** `nexus run -- COMMAND`: runs a command and records its start, its end, and how it ended. The command comes first. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Worker } from "../../server/worker.ts";
import { NotNowError } from "../exit.ts";
import { withWorker } from "../product.ts";
import { record, sessionFor } from "../record.ts";

/** As shells say that a command is not there, or cannot be run. */
const notFound = 127;
const notExecutable = 126;

const source = "nexus_cli";
const use = { stream: "tool", tool_name: "run_terminal_cmd" } as const;

export async function run(command: readonly string[]): Promise<void> {
  const [program = "", ...args] = command;
  const startedMs = Date.now();
  const begun = performance.now();
  const child = spawn(program, args, { stdio: "inherit" });
  // Ctrl-C reaches the command too; it decides.
  const ignore = () => undefined;
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, ignore);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const ended = codeOf(child);
  const line = command.join(" ");
  await quietly(async (worker) => {
    const session = sessionFor(worker, startedMs);
    record(worker, { source, session, tsMs: startedMs }, "agent_event", {
      ...use,
      tool_phase: "start",
      command_line: line,
    });
    const code = await ended;
    const end = { tool_phase: "end", exit_code: code, duration_ms: Math.round(performance.now() - begun) } as const;
    record(worker, { source, session, tsMs: Date.now() }, "agent_event", { ...use, ...end, command_line: line });
  });
  process.exitCode = await ended;
}

async function codeOf(child: ReturnType<typeof spawn>): Promise<number> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    process.stderr.write(`nexus: ${child.spawnfile}: ${missing ? "there is no such command" : "it cannot be run"}\n`);
    return missing ? notFound : notExecutable;
  }
}

/** What keeps it from being recorded is said, and never keeps the command from running. With recording off nothing is said. */
async function quietly(work: (worker: Worker) => Promise<void>): Promise<void> {
  try {
    await withWorker(work, { goesOn: true });
  } catch (error) {
    if (error instanceof NotNowError) return;
    process.stderr.write(`nexus: this run was not recorded: ${error instanceof Error ? error.message : "unknown"}\n`);
  }
}
