/** Actions in VS Code and queries of the database, shared by the suites. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Extension, extensions, type Terminal, type TerminalShellIntegration, window, workspace } from "vscode";

const run = promisify(execFile);

export const home = homedir();
export const database = join(home, "nexus", "state", "telemetry.db");

export function extension(): Extension<unknown> {
  const found = extensions.getExtension("nexus.nexus-telemetry");
  if (found === undefined) throw new Error("the extension is not installed");
  return found;
}

/** Opens a terminal and waits for its shell integration. */
export async function openTerminal(): Promise<{ terminal: Terminal; shell: TerminalShellIntegration }> {
  const terminal = window.createTerminal({ shellPath: "/bin/bash" });
  const shell = await new Promise<TerminalShellIntegration>((resolve) => {
    if (terminal.shellIntegration !== undefined) resolve(terminal.shellIntegration);
    const subscription = window.onDidChangeTerminalShellIntegration((event) => {
      if (event.terminal !== terminal) return;
      subscription.dispose();
      resolve(event.shellIntegration);
    });
  });
  return { terminal, shell };
}

/** Runs a command line and resolves when VS Code has reported its end to all listeners. */
export function runInTerminal(shell: TerminalShellIntegration, line: string): Promise<void> {
  return new Promise((resolve) => {
    const subscription = window.onDidEndTerminalShellExecution(({ execution }) => {
      if (execution.commandLine.value !== line) return;
      subscription.dispose();
      resolve();
    });
    shell.executeCommand(line);
  });
}

export async function setting(name: string, value: unknown): Promise<void> {
  await workspace.getConfiguration().update(name, value, true);
}

/** An event with the columns that tests check. */
export interface StoredEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly source: string;
  readonly seq: number;
  readonly tool_name: string;
  readonly tool_phase: string;
  readonly command_path: string;
  readonly exit_class: string | null;
  readonly status: string | null;
  readonly duration_ms: number | null;
  readonly workspace_hash: string | null;
  readonly task_hash: string | null;
  readonly phase: string | null;
  readonly task_type: string | null;
  readonly task_group: string | null;
  readonly debugger_type: string | null;
  readonly invocation_kind: string | null;
  readonly language: string | null;
  readonly saves: number | null;
  readonly focus_ms: number | null;
  readonly feature: string | null;
  readonly milestone: string | null;
  readonly component: string | null;
  readonly install_method: string | null;
  readonly caller_hash: string | null;
}

/** Returns a filter for the events of one source. */
export const of = (source: string) => (events: readonly StoredEvent[]) =>
  events.filter((event) => event.source === source);

/** Events with their dimensions. */
const query = `
  SELECT d.*, hex(e.event_id) AS event_id, e.seq, e.duration_ms, e.numbers ->> 'saves' AS saves,
    e.numbers ->> 'focus_ms' AS focus_ms
  FROM events e JOIN dimensions d ON d.id = e.dimensions ORDER BY e.id`;

/** Reads the database in another process, so that the extension host does not load SQLite. */
export async function storedEvents(): Promise<readonly StoredEvent[]> {
  const script =
    "const{DatabaseSync}=require('node:sqlite');" +
    "try{const d=new DatabaseSync(process.argv[1],{readOnly:true,timeout:5000});" +
    "console.log(JSON.stringify(d.prepare(process.argv[2]).all()))}catch{console.log('[]')}";
  const { stdout } = await run(process.execPath, ["--no-warnings", "-e", script, database, query]);
  return JSON.parse(stdout);
}

/** Polls the stored events until `isMet` accepts them. */
export async function eventually(isMet: (events: readonly StoredEvent[]) => boolean): Promise<readonly StoredEvent[]> {
  for (;;) {
    const events = await storedEvents();
    if (isMet(events)) return events;
  }
}

/** Returns the worker processes of this extension host. */
export function workerPids(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return line.includes("worker.cjs") && line.includes(`--clientProcessId=${process.pid}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}
