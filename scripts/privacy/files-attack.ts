/**
 * Attacks through everything that writes files: the installed hook, `nexus hook`, both SDKs,
 * OpenTelemetry, event logs of other tools, and agents' settings.
 *
 * Searches the whole home folder before and after the import: event logs, quarantined files, the
 * outbox, state files, connection records and exports.
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
import { allowedAttributes } from "../../server/ingest/otlp/otlp-record.ts";
import { GroupCommit } from "../../server/ingest/receiver/group-commit.ts";
import { receiverInput } from "../../server/ingest/receiver/receiver-input.ts";
import { IdentityFile, NameHasher } from "../../server/privacy/identity.ts";
import type { TelemetryService } from "../../server/worker/service.ts";
import { agentNames } from "../../shared/protocol/agents.ts";
import { exportKinds } from "../../shared/protocol/worker.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { programEvents } from "../../shared/schema/program-events.ts";
import { attackTarget } from "./attack-target.ts";
import type { Case } from "./corpus/generated.ts";
import type { Attacked } from "./field-attack.ts";
import { foundIn, needlesOf } from "./search.ts";

/** No server listens there, so that batches stay in the outbox. */
const destination = "http://127.0.0.1:1/e";

const command = fileURLToPath(new URL("../../dist/cli/nexus.cjs", import.meta.url));
const python = fileURLToPath(new URL("../../sdk/python/src", import.meta.url));

/** Plays the agents that load our plugins, which are here in their home. */
const pluginHost = fileURLToPath(new URL("../../test/fixtures/plugin-host.mjs", import.meta.url));
const pluginFiles = {
  opencode: ".config/opencode/plugins/nexus.js",
  amp: ".config/amp/plugins/nexus.ts",
  pi: ".pi/agent/extensions/nexus.ts",
};

/** Returns payloads with the text in every allowed key and in others. */
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
    error_type: text,
    failure_type: text,
    source: text,
    reason: text,
    status: text,
    tool_call_id: text,
    agent_type: text,
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
    { hookEventName: "SessionEnd", reason: text, ...other },
    {
      hookName: "PostToolUse",
      taskId: text,
      model: { slug: text },
      postToolUse: { toolName: text, executionTimeMs: text },
    },
    {
      event: "PostToolUseFailure",
      session_id: text,
      tool_name: `mcp__${text}__${text}`,
      tool_call_id: text,
      error: text,
    },
    { agent_action_name: "post_run_command", trajectory_id: text, model_name: text, tool_info: { command_line: text } },
    { conversationId: text, toolCall: { name: text, args: { [text]: text } }, error: text },
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

/** Cases per home folder. */
const casesPerRun = 400;

class FilesRun {
  readonly home = mkdtempSync(join(tmpdir(), "nexus-attack-"));
  readonly #paths = pathsFrom({}, this.home);
  readonly #worker: TelemetryService;
  readonly #output: string[] = [];

  constructor() {
    this.#worker = attackTarget(this.#paths, destination, this.#output);
  }

  feed(texts: readonly string[]): void {
    const hooks = this.#connect(texts);
    const node = new EventLog({ env: {}, home: this.home });
    for (const [n, text] of texts.entries()) {
      const hook = hooks[n % hooks.length] ?? "";
      for (const payload of payloadsOf(text)) {
        const env = { PATH: process.env["PATH"], HOME: this.home };
        spawnSync("sh", ["-c", hook], { input: JSON.stringify(payload), env });
        this.#output.push(JSON.stringify(filterPayload(payload), (_, value) => (isHookId(String(value)) ? "" : value)));
      }
      for (const type of programEvents) {
        const fields = { command_path: text, tool_name: text, model: text, agent: text, feature: text, [text]: text };
        node.record(type, { stream: "tool", tool_phase: "end", ...fields } as never);
      }
    }
    node.flush();
    const env = { PATH: process.env["PATH"], HOME: this.home, PYTHONPATH: python };
    execFileSync("python3", ["-B", "-c", pythonProgram], { env, input: JSON.stringify(texts) });
    this.#exportByOtel(texts);
  }

  /** Connects all agents, with the texts in the settings of Claude Code. Returns the shell commands that they run. */
  #connect(texts: readonly string[]): readonly string[] {
    const settings = join(this.home, ".claude", "settings.json");
    mkdirSync(join(this.home, ".claude"));
    writeFileSync(settings, JSON.stringify({ env: texts }, null, 2));
    const env = { PATH: process.env["PATH"], HOME: this.home };
    execFileSync(process.execPath, [command, "agents", "connect", ...agentNames, "--yes"], { env });
    const calls = texts.map((text, n) => ({ n, id: text, session: text, tool: text, outcome: "ok", durationMs: 1 }));
    for (const [name, file] of Object.entries(pluginFiles)) {
      const module = join(this.home, `${name}.mjs`);
      writeFileSync(module, readFileSync(join(this.home, file)));
      execFileSync(process.execPath, [pluginHost, name, module], { env, input: JSON.stringify(calls) });
      rmSync(module);
    }
    const line: string = JSON.parse(readFileSync(settings, "utf8")).hooks.PostToolUse[0].hooks[0].command;
    return agentNames.map((name) => line.replace("agent=claude_code", `agent=${name}`));
  }

  #exportByOtel(texts: readonly string[]): void {
    const identity = new IdentityFile(this.#paths.identityFile);
    const ids = new AgentIds(new NameHasher(() => identity.localSalt()));
    const clock = { nowMs: () => Date.now() };
    const input = receiverInput(() => false, ids, new GroupCommit(() => "stored"), clock);
    for (const text of texts) {
      const attributes = [...allowedAttributes, "user.email", text].map((key) => ({
        key,
        value: { stringValue: text },
      }));
      const record = {
        timeUnixNano: `${Date.now()}000000`,
        body: { stringValue: "claude_code.tool_result" },
        attributes,
      };
      const request = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record] }] }] };
      this.#worker.record({ events: [...input.otlp("logs", Buffer.from(JSON.stringify(request)), true)] });
    }
  }

  /** Imports a log of another tool. The log itself is not ours; what remains after the import is. */
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
    if (readdirSync(folder).some((name) => name.startsWith("foreign")))
      throw new Error("The event log was not removed.");
  }

  /** Syncs, exports and returns all output. Deletes the agent's settings, which are not ours. */
  async finish(): Promise<string> {
    await this.#worker.sync();
    for (const format of ["json", "csv"] as const)
      await this.#worker.reader.export(join(this.home, `export.${format}`), {
        format,
        what: format === "csv" ? ["events"] : exportKinds,
      });
    this.#output.push(
      JSON.stringify([
        this.#worker.reader.status(),
        this.#worker.reader.preview(),
        [...this.#worker.reader.ledgerLines()],
      ]),
    );
    rmSync(join(this.home, ".claude"), { recursive: true });
    return this.#output.join("\n");
  }

  get stored(): number {
    return this.#worker.reader.status().database?.events ?? 0;
  }

  /** Number of lines that wait for import. */
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
  /** Lines that waited for import: shows that the searched logs were not empty. */
  readonly lines: number;
}

export async function attackFiles(cases: readonly Case[]): Promise<FilesAttacked> {
  const leaks: { group: string; index: number }[] = [];
  let [stored, lines] = [0, 0];
  for (let from = 0; from < cases.length; from += casesPerRun) {
    const chunk = cases.slice(from, from + casesPerRun);
    const texts = chunk.map(({ text }) => text);
    const needles = [...needlesOf(chunk.flatMap(({ needles: planted }) => planted)), ...needlesOf([hostname()])];
    const run = new FilesRun();
    try {
      run.feed(texts);
      lines += run.lines;
      // Session IDs are stored unchanged until import. The agent's settings are outside this folder.
      const ids = new Set(texts.filter(isHookId));
      const foundBefore = foundIn(
        join(run.home, "nexus"),
        "",
        needles.filter((needle) => !ids.has(needle)),
      );
      await run.importForeign(texts);
      const foundAfter = foundIn(run.home, await run.finish(), needles);
      for (const [n, { group, needles: planted }] of chunk.entries()) {
        if (planted.some((needle) => foundBefore.has(needle) || foundAfter.has(needle)))
          leaks.push({ group, index: from + n });
      }
      if (foundAfter.has(hostname()) || foundBefore.has(hostname())) leaks.push({ group: "host name", index: from });
      stored += run.stored;
    } finally {
      run.end();
    }
  }
  return { cases: cases.length, stored, lines, leaks };
}
