/**
 * The attack on files: texts go in by every way that writes one — the installed hook, `nexus hook`, both SDKs, OpenTelemetry,
 * event logs of other tools, agents' settings — and everything below the user's home is searched for them, while logs wait to be
 * imported and after that: logs, what was not imported, the outbox, state files, agents' records, exports.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { v4, v7 } from "uuid";
import { EventLog } from "../../sdk/node/index.ts";
import { pathsFrom } from "../../server/config/paths.ts";
import { AgentIds } from "../../server/ingest/hooks/ids.ts";
import { filterPayload, isHookId } from "../../server/ingest/hooks/payload-filter.ts";
import { GroupCommit } from "../../server/ingest/receiver/group-commit.ts";
import { receiverInput } from "../../server/ingest/receiver/receiver-input.ts";
import { IdentityFile, NameHasher } from "../../server/privacy/identity.ts";
import type { TelemetryService } from "../../server/worker/service.ts";
import { programEvents } from "../../shared/schema/program-events.ts";
import { attackedWorker } from "./attacked-worker.ts";
import type { Case } from "./corpus/generated.ts";
import type { Attacked } from "./field-attack.ts";
import { foundIn, needlesOf } from "./search.ts";

/** No server listens there: what would be sent waits in the outbox. */
const destination = "http://127.0.0.1:1/e";

const dayMs = 24 * 60 * 60 * 1000;
const command = fileURLToPath(new URL("../../dist/cli/nexus.cjs", import.meta.url));
const python = fileURLToPath(new URL("../../sdk/python/src", import.meta.url));

/** The names that a hook may keep a value of, all with the text; and the text where no value is kept. */
function payloadsOf(text: string): readonly object[] {
  const fields = {
    tool_name: text,
    tool_use_id: text,
    session_id: text,
    agent_id: text,
    model: text,
    duration_ms: text,
    timestamp: text,
    is_interrupt: text,
    tool_result: { result_type: text, [text]: text },
    tool_input: { command: text },
    error: text,
    cwd: text,
  };
  const other = {
    toolName: text,
    sessionId: text,
    conversation_id: text,
    duration: text,
    toolResult: { resultType: text },
  };
  return [
    { hook_event_name: "PostToolUse", [text]: text, ...fields },
    { hookEventName: "SessionEnd", ...other },
    { hook_event_name: text, tool_name: "Bash" },
  ];
}

const pythonProgram = `
import json, sys
from nexus_telemetry import CommandEvent, TelemetryCollector
with TelemetryCollector() as telemetry:
    for text in json.load(sys.stdin):
        telemetry.record_command(CommandEvent(text, profile=text, error_category=text, model=text))
        telemetry.record_tool(text, agent=text, model=text, error_category=text)
        telemetry.record_thinktool(text, **{"note": text})
        telemetry.record_error(text, message=text)
        telemetry.record_feature(text)
`;

/** So many cases share one home. */
const casesPerRun = 400;

class FilesRun {
  readonly home = mkdtempSync(join(tmpdir(), "nexus-attack-"));
  readonly #paths = pathsFrom({}, this.home);
  readonly #worker: TelemetryService;
  readonly #said: string[] = [];

  constructor() {
    this.#worker = attackedWorker(this.#paths, destination, this.#said);
  }

  /** By every way that writes a file. */
  feed(texts: readonly string[]): void {
    const hook = this.#connect(texts);
    const node = new EventLog({ env: {}, home: this.home });
    for (const text of texts) {
      for (const payload of payloadsOf(text)) {
        const env = { PATH: process.env["PATH"], HOME: this.home };
        spawnSync("sh", ["-c", hook], { input: JSON.stringify(payload), env });
        this.#said.push(JSON.stringify(filterPayload(payload), (_, value) => (isHookId(String(value)) ? "" : value)));
      }
      for (const type of programEvents) {
        const fields = { command_path: text, tool_name: text, model: text, agent: text, feature: text, [text]: text };
        node.record(type, { stream: "tool", tool_phase: "end", ...fields } as never);
      }
    }
    const env = { PATH: process.env["PATH"], HOME: this.home, PYTHONPATH: python };
    execFileSync("python3", ["-B", "-c", pythonProgram], { env, input: JSON.stringify(texts) });
    this.#exportByOtel(texts);
  }

  /** An agent's settings with the texts in them, as keys of programs are. Returns the line that the agent runs. */
  #connect(texts: readonly string[]): string {
    const settings = join(this.home, ".claude", "settings.json");
    mkdirSync(join(this.home, ".claude"));
    writeFileSync(settings, JSON.stringify({ env: texts }, null, 2));
    const env = { PATH: process.env["PATH"], HOME: this.home };
    execFileSync(process.execPath, [command, "agents", "connect", "claude_code", "--yes"], { env });
    return JSON.parse(readFileSync(settings, "utf8")).hooks.PostToolUse[0].hooks[0].command;
  }

  #exportByOtel(texts: readonly string[]): void {
    const identity = new IdentityFile(this.#paths.identityFile);
    const ids = new AgentIds(new NameHasher(() => identity.localSalt()));
    const clock = { nowMs: () => Date.now() };
    const input = receiverInput(() => false, ids, new GroupCommit(() => "stored"), clock);
    for (const text of texts) {
      const names = [
        "tool_name",
        "tool_use_id",
        "session.id",
        "model",
        "error.type",
        "success",
        "duration_ms",
        "user.email",
        text,
      ];
      const attributes = names.map((key) => ({ key, value: { stringValue: text } }));
      const record = {
        timeUnixNano: `${Date.now()}000000`,
        body: { stringValue: "claude_code.tool_result" },
        attributes,
      };
      const request = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record] }] }] };
      this.#worker.record({ events: [...input.otlp("logs", Buffer.from(JSON.stringify(request)), true)] });
    }
  }

  /** What another tool writes raw is not ours; what is left of it after the import is. */
  async importForeign(texts: readonly string[]): Promise<void> {
    const folder = this.#paths.eventLogFolder;
    const line = (ts: number, text: string) =>
      JSON.stringify({
        id: v7(),
        ts,
        utc_offset_min: 0,
        session_id: v4(),
        source: "nexus_cli",
        event_type: "agent_event",
        stream: "tool",
        tool_phase: "end",
        tool_name: text,
        command_line: text,
        model: text,
        workspace: text,
        [text]: text,
      });
    for (const text of texts) {
      const lines = [Date.now(), Date.now() - dayMs, Date.now() + 2 * dayMs].map((ts) => line(ts, text));
      appendFileSync(
        join(folder, "foreign.jsonl"),
        `${lines.join("\n")}\n${text}\n{"cut":"${text.replaceAll("\n", " ")}\n`,
      );
    }
    while (((await this.#worker.importLogs())?.unremoved ?? 0) > 0) await pause(100);
    await this.#worker.importLogs({ retryLeftovers: true });
    if (readdirSync(folder).some((name) => name.startsWith("foreign"))) throw new Error("the log was not removed");
  }

  /** What is sent, exported and said. The agent's own settings are the user's. */
  async finish(): Promise<string> {
    await this.#worker.sync();
    for (const format of ["json", "csv"] as const)
      await this.#worker.export(join(this.home, `export.${format}`), format);
    this.#said.push(JSON.stringify([this.#worker.status(), this.#worker.preview(), [...this.#worker.ledgerLines()]]));
    rmSync(join(this.home, ".claude"), { recursive: true });
    return this.#said.join("\n");
  }

  get stored(): number {
    return this.#worker.status().database?.events ?? 0;
  }

  /** Lines of logs that wait to be imported. */
  get lines(): number {
    const folder = this.#paths.eventLogFolder;
    if (!existsSync(folder)) return 0;
    const logs = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
    return logs.reduce((sum, name) => sum + readFileSync(join(folder, name), "utf8").split("\n").length - 1, 0);
  }

  end(): void {
    this.#worker.close();
    rmSync(this.home, { recursive: true });
  }
}

export interface FilesAttacked extends Attacked {
  /** Lines that waited in event logs, so that an empty log is not taken for a clean one. */
  readonly lines: number;
}

export async function attackFiles(cases: readonly Case[]): Promise<FilesAttacked> {
  const leaks: { group: string; index: number }[] = [];
  let [stored, lines] = [0, 0];
  for (let from = 0; from < cases.length; from += casesPerRun) {
    const some = cases.slice(from, from + casesPerRun);
    const texts = some.map(({ text }) => text);
    const needles = [...needlesOf(some.flatMap(({ needles: own }) => own)), ...needlesOf([hostname()])];
    const run = new FilesRun();
    try {
      run.feed(texts);
      lines += run.lines;
      // An id of a session is written as it is until its line is imported. Of the agent's own settings nothing is ours.
      const ids = new Set(texts.filter(isHookId));
      const waiting = foundIn(
        join(run.home, "nexus"),
        "",
        needles.filter((needle) => !ids.has(needle)),
      );
      await run.importForeign(texts);
      const after = foundIn(run.home, await run.finish(), needles);
      for (const [n, { group, needles: planted }] of some.entries()) {
        if (planted.some((needle) => waiting.has(needle) || after.has(needle))) leaks.push({ group, index: from + n });
      }
      if (after.has(hostname()) || waiting.has(hostname()))
        leaks.push({ group: "the name of the machine", index: from });
      stored += run.stored;
    } finally {
      run.end();
    }
  }
  return { cases: cases.length, stored, lines, leaks };
}
