/**
 * Connects agents: adds our hook to their settings and removes it again. Disconnecting restores a
 * file that was not changed since byte for byte; otherwise it removes only our entries. The
 * settings are never copied, because they may contain keys.
 */

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type AgentName, type AgentStatus, agentNames, sourcesOf } from "../../shared/protocol/agents.ts";
import type { Paths } from "../config/paths.ts";
import { replaceFile } from "../files/atomic-write.ts";
import { makeFolder } from "../files/ownership.ts";
import { ReceiverConfig } from "../ingest/receiver/receiver-config.ts";
import { type Agent, agentsOf } from "./agents.ts";
import { awkProgram } from "./awk-program.ts";
import { approvalHint, isApproved } from "./codex-approval.ts";
import { type ConnectionRecord, ConnectionRecords } from "./connection-records.ts";
import { HookScript } from "./hook-script.ts";
import { blockedBy } from "./policies.ts";
import {
  type AddedKeys,
  commandsIn,
  linesBetween,
  type Marks,
  missingKeys,
  SettingsError,
  withEntries,
  withoutEntries,
} from "./settings.ts";
import { read, targetOf } from "./settings-file.ts";
import { applyUndo, createUndo, sha256 } from "./undo.ts";

/** The planned change of a settings file. */
export interface SettingsChange {
  readonly agent: Agent;
  /** `null` if the file does not exist. */
  readonly before: string | null;
  readonly after: string;
  /** The added lines. All others stay unchanged, except for a trailing comma. */
  readonly lines: readonly string[];
  /** The removed lines: entries of an earlier version. */
  readonly removed: readonly string[];
  /** The text without our entries, which disconnecting restores. */
  readonly without: string | null;
}

/** The URL of earlier versions: a port that any local user can take while no window is open. */
const outdatedHookUrl = /^http:\/\/127\.0\.0\.1:\d+\/nexus\/v1\/hook$/;

export class Connections {
  readonly #paths: Paths;
  readonly #agents: readonly Agent[];
  readonly #script: HookScript;
  readonly #records: ConnectionRecords;
  /** Texts that identify our entries. */
  readonly #marks: Marks;
  readonly #hasShell: boolean;
  #awk: string | undefined;

  /** `home`: the user's home folder, which contains the agents' settings. */
  constructor(
    paths: Paths,
    home: string,
    env: Readonly<Record<string, string | undefined>>,
    platform: NodeJS.Platform = process.platform,
  ) {
    this.#paths = paths;
    this.#hasShell = platform !== "win32";
    this.#script = new HookScript(paths);
    this.#records = new ConnectionRecords(paths.agentFolder);
    this.#marks = [this.#script.word, outdatedHookUrl];
    this.#agents = agentsOf({ home, env, platform });
  }

  /**
   * Returns the shell command that an agent runs. It names the agent, never prints and always exits
   * with 0. Nothing in it changes between versions, because agents ask again about a changed hook.
   */
  commandOf(name: AgentName): string {
    this.#awk ??= awkProgram();
    return this.#commandWith(this.#awk, name);
  }

  #commandWith(awk: string, name: AgentName): string {
    const script = this.#script.word;
    // A script that another user owns is not run. LC_ALL=C restricts letter ranges to ASCII.
    return `umask 077; test -O ${script} && LC_ALL=C ${awk} -v agent=${name} -f ${script} 2>/dev/null || :`;
  }

  titleOf(name: AgentName): string {
    return this.#agent(name).title;
  }

  /** `seen`: the time of each source's last event. @throws the file system's error. */
  list(seen: ReadonlyMap<string, number> = new Map()): readonly AgentStatus[] {
    return this.#agents.map((agent) => {
      const { name, title, file, folder, policies } = agent;
      return {
        name,
        title,
        file,
        installed: existsSync(folder),
        connected: this.isConnected(name),
        outdated: this.#isOutdated(name),
        lastEventMs: sourcesOf[name].map((source) => seen.get(source) ?? null).reduce(later),
        blockedBy: blockedBy(policies),
        approval: this.approvalOf(name),
      };
    });
  }

  /**
   * Returns the exact change that connects an agent, or `undefined` if it is connected already.
   * Entries of an earlier version are replaced. @throws SettingsError, the file system's error.
   */
  planConnect(name: AgentName): SettingsChange | undefined {
    const agent = this.#agent(name);
    const entries = this.configured(name);
    if (entries.length > 0 && !this.#isOutdated(name)) return undefined;
    if (!this.#hasShell) {
      throw new SettingsError(
        agent.textOf === undefined
          ? `Windows has no awk. Add the command "nexus hook --agent ${name}" to ${agent.file} manually. Nothing was changed.`
          : `${agent.title} cannot be connected on Windows yet. Nothing was changed.`,
      );
    }
    const before = read(agent.file);
    targetOf(agent.file);
    if (agent.textOf !== undefined) return this.#planFile(agent, agent.textOf(this.commandOf(name)), before);
    const without =
      entries.length === 0 ? before : withoutEntries(agent.file, before ?? "", agent.entriesOf(""), this.#marks);
    const isEmpty = without === null || without.replace("\ufeff", "").trim() === "";
    const text = isEmpty ? `${JSON.stringify(agent.start, null, 2)}\n` : without;
    const { text: after, lines } = withEntries(agent.file, text, agent.entriesOf(this.commandOf(name)), agent.start);
    const removed = entries.length === 0 ? [] : linesBetween(without ?? "", before ?? "");
    return {
      agent,
      before,
      after,
      removed,
      without,
      lines: before === null ? after.trimEnd().split("\n") : lines,
    };
  }

  #planFile(agent: Agent, after: string, before: string | null): SettingsChange {
    if (before !== null && !this.#isOurs(before)) {
      throw new SettingsError(`${agent.file} exists and is not from Nexus. Rename it and retry. Nothing was changed.`);
    }
    if (before !== null && !this.#isUnchanged(agent.name, agent.file, before)) {
      throw new SettingsError(
        `${agent.file} was edited after it was created, so it was not replaced. Delete it and retry.`,
      );
    }
    const linesOf = (text: string | null) => text?.trimEnd().split("\n") ?? [];
    return { agent, before, after, without: null, lines: linesOf(after), removed: linesOf(before) };
  }

  /**
   * Applies a planned change.
   * @throws SettingsError if the file changed since it was planned; the file system's error.
   */
  connect({ agent, before, after, without }: SettingsChange): void {
    const target = targetOf(agent.file);
    this.#script.write();
    makeFolder(this.#paths.eventLogFolder);
    const mode = existsSync(target) ? statSync(target).mode & 0o777 : agent.isProgram === true ? 0o700 : 0o600;
    const first = before === null ? null : (this.#textBefore(agent.name, target, before) ?? without);
    const undo = first === null ? null : (createUndo(first, after) ?? null);
    const added = before === null || agent.textOf !== undefined ? {} : this.#addedKeys(agent, target, before);
    const record: ConnectionRecord = { ...added, file: target, undo, afterSha256: sha256(after), mode };
    if (first === null || undo !== null) this.#records.put(agent.name, record);
    else this.#records.remove(agent.name, target);
    if (read(target) !== before) {
      throw new SettingsError(`${agent.file} changed in the meantime. Try again.`);
    }
    if (agent.companion !== undefined) replaceFile(agent.companion.file, agent.companion.text, 0o600);
    replaceFile(target, after, mode);
    new ReceiverConfig(this.#paths.receiverFile).forgetHooks();
  }

  /**
   * Removes our hook. Returns whether there was one.
   * @throws SettingsError, the file system's error.
   */
  disconnect(name: AgentName): boolean {
    const agent = this.#agent(name);
    const target = targetOf(agent.file);
    const text = read(target);
    const record = this.#records.find(name, target);
    const connected = this.configured(name).length > 0;
    const before = text === null ? undefined : this.#textBefore(name, target, text);
    if (text === null || !connected) {
      // The file contains no entry of ours.
    } else if (record?.undo === null && record.afterSha256 === sha256(text)) {
      rmSync(target);
    } else if (agent.textOf !== undefined && this.#isUnchanged(name, agent.file, text)) {
      rmSync(target);
    } else if (agent.textOf !== undefined) {
      throw new SettingsError(`${target} was edited after it was created, so it was kept. Delete it yourself.`);
    } else if (before !== undefined) {
      replaceFile(target, before, record?.mode ?? statSync(target).mode & 0o777);
    } else {
      replaceFile(
        target,
        withoutEntries(agent.file, text, agent.entriesOf(""), this.#marks, record),
        statSync(target).mode & 0o777,
      );
    }
    const { companion } = agent;
    if (companion !== undefined && read(companion.file) === companion.text) {
      rmSync(companion.file);
      for (const folder of [dirname(agent.file), dirname(companion.file)]) removeIfEmpty(folder);
    }
    this.#records.remove(name, target);
    const isUsed = this.list().some(({ connected: other }) => other) || this.connectedElsewhere().length > 0;
    if (!isUsed) this.#script.remove();
    return connected;
  }

  /**
   * Updates the files of earlier versions: installs this version's script, and replaces copies of
   * settings by undo records. `decidedHere`: the user's consent was given for this `NEXUS_HOME`.
   * @throws the file system's error.
   */
  refresh(decidedHere: boolean): void {
    if (!existsSync(this.#paths.agentFolder)) return;
    this.#script.update(decidedHere);
    for (const name of agentNames) this.#records.replaceCopy(name);
  }

  /** Returns the keys that connecting adds, now or when an entry of an earlier version was added. */
  #addedKeys(agent: Agent, target: string, before: string): AddedKeys {
    const record = this.#records.find(agent.name, target);
    if (record?.addedKeys !== undefined) return record;
    const isEmpty = before.replace("\ufeff", "").trim() === "";
    return isEmpty ? {} : missingKeys(agent.file, before, Object.keys(agent.start));
  }

  /** Returns files with our hook that a connection record names, and that are not the agent's settings now. */
  connectedElsewhere(): readonly string[] {
    return agentNames.flatMap((name) => {
      const target = targetOf(this.#agent(name).file);
      const others = this.#records.all(name).filter(({ file }) => file !== target);
      return others.map(({ file }) => file).filter((file) => this.#isOurs(textIn(file)));
    });
  }

  /** Returns the text of a file before it was connected, or `undefined` if it changed since. */
  #textBefore(name: AgentName, target: string, text: string): string | undefined {
    const undo = this.#records.find(name, target)?.undo ?? null;
    return undo === null ? undefined : applyUndo(text, undo);
  }

  /** Returns our shell commands and URLs in the agent's current settings. */
  configured(name: AgentName): readonly string[] {
    const { file, entriesOf, textOf } = this.#agent(name);
    const text = read(file) ?? "";
    if (textOf !== undefined) return this.#isOurs(text) ? [this.commandOf(name)] : [];
    return commandsIn(text, entriesOf(""), this.#marks);
  }

  /** Whether a file of our own runs the script; in a program's text, it may be in a string with escapes. */
  #isOurs(text: string): boolean {
    const { word } = this.#script;
    return text.includes(word) || text.includes(JSON.stringify(word).slice(1, -1));
  }

  /** Whether a file has the text that it was created with. */
  #isUnchanged(name: AgentName, file: string, text: string): boolean {
    if (this.#records.find(name, targetOf(file))?.afterSha256 === sha256(text)) return true;
    // A purge removes the record.
    return withoutAwk(text) === this.#agent(name).textOf?.(this.#commandWith("awk", name));
  }

  /** Returns what the user must do before the agent runs the hook; `null` if nothing. */
  approvalOf(agentName: AgentName): string | null {
    const { name, folder, file } = this.#agent(agentName);
    if (name !== "codex" || !this.isConnected(name)) return null;
    return isApproved(folder, file, (command) => command.includes(this.#script.word)) ? null : approvalHint;
  }

  /** Returns whether an entry of ours is from an earlier version. */
  #isOutdated(name: AgentName): boolean {
    try {
      const { file, entriesOf, textOf } = this.#agent(name);
      const text = read(file) ?? "";
      if (textOf !== undefined) {
        const isOurs = this.#isOurs(text) && this.#isUnchanged(name, file, text);
        return isOurs && withoutAwk(text) !== textOf(this.#commandWith("awk", name));
      }
      const lines = entriesOf("").map((entry) => commandsIn(text, [entry], this.#marks));
      const current = this.#commandWith("awk", name);
      const isCurrent = (some: readonly string[]) =>
        some.length > 0 && some.every((line) => withoutAwk(line) === current);
      return lines.some((some) => some.length > 0) && !lines.every(isCurrent);
    } catch (error) {
      if (error instanceof SettingsError) return false;
      throw error;
    }
  }

  /** Returns false for unreadable settings; `planConnect` reports the error. */
  isConnected(name: AgentName): boolean {
    try {
      return this.configured(name).length > 0;
    } catch (error) {
      if (error instanceof SettingsError) return false;
      throw error;
    }
  }

  #agent(name: AgentName): Agent {
    const agent = this.#agents.find((candidate) => candidate.name === name);
    if (agent === undefined) throw new Error(`Unknown agent: ${name}.`);
    return agent;
  }
}

/** The text of a file, whatever its encoding; empty if there is none. */
const textIn = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");

function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

/** Any awk that works is as good as the one that would be chosen now. */
const withoutAwk = (command: string): string => command.replace(/ LC_ALL=C \S+(?: awk)? -v /, " LC_ALL=C awk -v ");

const later = (a: number | null, b: number | null): number | null => (a === null || (b ?? 0) > a ? b : a);
