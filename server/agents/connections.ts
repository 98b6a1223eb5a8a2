/**
 * Connects agents: puts our hook into their settings and takes it out again. Where nothing was changed since, taking it out gives
 * back the same bytes; else only our entries go. The settings themselves are never copied.
 */

import { accessSync, constants, existsSync, lstatSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AgentName, type AgentStatus, agentNames, sourcesOf } from "../../shared/protocol/agents.ts";
import type { Paths } from "../config/paths.ts";
import { replaceFile } from "../files/atomic-write.ts";
import { makeFolder } from "../files/ownership.ts";
import { ReceiverConfig } from "../ingest/receiver/receiver-config.ts";
import { type Agent, agentsOf } from "./agents.ts";
import { HookScript } from "./hook-script.ts";
import {
  commandsIn,
  linesBetween,
  type Marks,
  SettingsError,
  saysYes,
  withEntries,
  withoutEntries,
} from "./settings.ts";
import { sha256, type Undo, undone, undoOf } from "./undo.ts";

/** What would be done to a file. */
export interface SettingsChange {
  readonly agent: Agent;
  /** `null`: there is none. */
  readonly before: string | null;
  readonly after: string;
  /** The lines that are new; all others stay as they are, but for a comma. */
  readonly lines: readonly string[];
  /** The lines of an entry of an earlier version, which goes. */
  readonly removed: readonly string[];
  /** What disconnecting gives back: the text without an entry of ours. */
  readonly without: string | null;
}

/** What is remembered of a file that was changed. */
interface ConnectionRecord {
  readonly file: string;
  /** `null`: there was no file. */
  readonly undo: Undo | null;
  readonly afterSha256: string;
  /** Of the file before. */
  readonly mode?: number;
}

/** Where earlier versions had Claude Code post to: a port that any local user can take while no window is open. */
const formerlyPostedTo = /^http:\/\/127\.0\.0\.1:\d+\/nexus\/v1\/hook$/;

/** A link stays one: what it leads to is changed. @throws SettingsError where it leads nowhere, or may not be written. */
function targetOf(file: string): string {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return file;
  try {
    const target = realpathSync(file);
    accessSync(target, constants.W_OK);
    return target;
  } catch {
    throw new SettingsError(`${file} cannot be written, or is a link that leads nowhere. Nothing was changed.`);
  }
}

/** `null` where there is none. @throws SettingsError where it is no UTF-8: it could not be given back. */
function read(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SettingsError(`${file} is no UTF-8. Save it as UTF-8 and try again; nothing was changed.`);
  }
}

export class Connections {
  readonly #paths: Paths;
  readonly #agents: readonly Agent[];
  readonly #script: HookScript;
  /** What our entries are known by. */
  readonly #marks: Marks;
  /** The line that agents run: whatever happens, it says nothing and ends well. */
  readonly command: string;

  readonly #hasShell: boolean;

  /** `home`: the user's, where agents keep their settings. */
  constructor(
    paths: Paths,
    home: string,
    env: Readonly<Record<string, string | undefined>>,
    platform: NodeJS.Platform = process.platform,
  ) {
    this.#paths = paths;
    this.#hasShell = platform !== "win32";
    this.#script = new HookScript(paths);
    const script = this.#script.word;
    // A script that another user owns is not run. Plain letters are those of ASCII, whatever the user's language.
    this.command = `umask 077; test -O ${script} && LC_ALL=C awk -f ${script} 2>/dev/null || :`;
    this.#marks = [script, formerlyPostedTo];
    this.#agents = agentsOf({ home, env, command: this.command });
  }

  titleOf(name: AgentName): string {
    return this.#agent(name).title;
  }

  /** `seen`: when each source last told of something. @throws the file system's error. */
  list(seen: ReadonlyMap<string, number> = new Map()): readonly AgentStatus[] {
    return this.#agents.map((agent) => {
      const { name, title, file, folder, policy } = agent;
      const rule = policy === null ? null : read(policy.file);
      const key = rule === null || policy === null ? undefined : saysYes(rule, policy.keys);
      return {
        name,
        title,
        file,
        installed: existsSync(folder),
        connected: this.isConnected(name),
        outdated: this.#isOutdated(name),
        lastEventMs: sourcesOf[name].map((source) => seen.get(source) ?? null).reduce(later),
        blockedBy: key === undefined ? null : `${policy?.file} forbids hooks of your own (${key}).`,
      };
    });
  }

  /**
   * The exact change that connecting is; `undefined` where it is connected. Entries of an earlier version are replaced.
   * @throws SettingsError, the file system's error.
   */
  planConnect(name: AgentName): SettingsChange | undefined {
    const agent = this.#agent(name);
    const entries = this.configured(name);
    if (entries.length > 0 && !this.#isOutdated(name)) return undefined;
    if (!this.#hasShell) {
      throw new SettingsError(
        `On Windows there is no awk for a hook: put "nexus hook" into ${agent.file} as a command of your own. Nothing was changed.`,
      );
    }
    const before = read(agent.file);
    targetOf(agent.file);
    const own = entries.length === 0 ? before : withoutEntries(agent.file, before ?? "", agent.entries, this.#marks);
    const text = own === null || own.trim() === "" ? `${JSON.stringify(agent.start, null, 2)}\n` : own;
    const { text: after, lines } = withEntries(agent.file, text, agent.entries);
    const removed = entries.length === 0 ? [] : linesBetween(own ?? "", before ?? "");
    return {
      agent,
      before,
      after,
      removed,
      without: own,
      lines: before === null ? after.trimEnd().split("\n") : lines,
    };
  }

  /** @throws SettingsError where the file has changed since it was planned; the file system's error. */
  connect({ agent, before, after, without }: SettingsChange): void {
    const target = targetOf(agent.file);
    this.#script.write();
    makeFolder(this.#paths.eventLogFolder);
    const mode = existsSync(target) ? statSync(target).mode & 0o777 : 0o600;
    const first = before === null ? null : (this.#textBefore(agent.name, target, before) ?? without);
    const undo = first === null ? null : (undoOf(first, after) ?? null);
    const kept: ConnectionRecord = { file: target, undo, afterSha256: sha256(after), mode };
    if (first === null || undo !== null) replaceFile(this.#recordFile(agent.name), JSON.stringify(kept));
    else rmSync(this.#recordFile(agent.name), { force: true });
    if (read(target) !== before) {
      throw new SettingsError(`${agent.file} was changed by somebody else just now. Nothing was done; try again.`);
    }
    replaceFile(target, after, mode);
    new ReceiverConfig(this.#paths.receiverFile).forgetHooks();
  }

  /** Takes our hook out. Returns whether there was one. @throws SettingsError, the file system's error. */
  disconnect(name: AgentName): boolean {
    const agent = this.#agent(name);
    const target = targetOf(agent.file);
    const text = read(target);
    const kept = this.#record(name);
    const connected = this.configured(name).length > 0;
    const before = text === null ? undefined : this.#textBefore(name, target, text);
    if (text === null || !connected) {
      // Nothing of ours is in it.
    } else if (kept?.file === target && kept.undo === null && kept.afterSha256 === sha256(text)) {
      rmSync(target);
    } else if (before !== undefined) {
      replaceFile(target, before, kept?.mode ?? statSync(target).mode & 0o777);
    } else {
      replaceFile(target, withoutEntries(agent.file, text, agent.entries, this.#marks), statSync(target).mode & 0o777);
    }
    // What was connected under another folder of settings still needs both.
    if (kept === undefined || kept.file === target) {
      rmSync(this.#recordFile(name), { force: true });
      if (!this.list().some(({ connected: other }) => other)) this.#script.remove();
    }
    return connected;
  }

  /**
   * After an update: the script becomes that of this version, and the copies of settings that earlier versions kept are replaced.
   * `decidedHere`: the user's decision is for this `NEXUS_HOME`. @throws the file system's error.
   */
  refresh(decidedHere: boolean): void {
    if (!existsSync(this.#paths.agentFolder)) return;
    this.#script.update(decidedHere);
    for (const name of agentNames) this.#replaceCopy(name);
  }

  /** The text of a file before it was connected; `undefined` where it was changed since. */
  #textBefore(name: AgentName, target: string, text: string): string | undefined {
    const kept = this.#record(name);
    return kept?.file === target && kept.undo !== null ? undone(text, kept.undo) : undefined;
  }

  /** Earlier versions kept the settings themselves, with all that is in them. */
  #replaceCopy(name: AgentName): void {
    const path = this.#recordFile(name);
    const copy = copyIn(read(path));
    if (copy === undefined) return;
    const { file, before, afterSha256, mode } = copy;
    const after = existsSync(file) ? read(file) : null;
    const unchanged = after !== null && sha256(after) === afterSha256;
    const undo = unchanged && before !== null ? undoOf(before, after) : undefined;
    if (!unchanged || (before !== null && undo === undefined)) rmSync(path, { force: true });
    else replaceFile(path, JSON.stringify({ file, undo: undo ?? null, afterSha256, mode }));
  }

  /** The lines of a shell that an agent would run, and the addresses it would post to, as its settings have them now. */
  configured(name: AgentName): readonly string[] {
    const { file, entries } = this.#agent(name);
    return commandsIn(read(file) ?? "", entries, this.#marks);
  }

  /** Whether an entry of ours is one of an earlier version. */
  #isOutdated(name: AgentName): boolean {
    try {
      return this.configured(name).some((line) => line !== this.command);
    } catch (error) {
      if (error instanceof SettingsError) return false;
      throw error;
    }
  }

  /** Settings that cannot be read are connected to nothing; changing them says what is wrong. */
  isConnected(name: AgentName): boolean {
    try {
      return this.configured(name).length > 0;
    } catch (error) {
      if (error instanceof SettingsError) return false;
      throw error;
    }
  }

  #agent(name: AgentName): Agent {
    const agent = this.#agents.find((one) => one.name === name);
    if (agent === undefined) throw new Error(`There is no agent ${name}.`);
    return agent;
  }

  #recordFile(name: AgentName): string {
    return join(this.#paths.agentFolder, `${name}.json`);
  }

  /** What cannot be read is as if it were not there: then our entries alone are taken out. */
  #record(name: AgentName): ConnectionRecord | undefined {
    this.#replaceCopy(name);
    try {
      const kept: unknown = JSON.parse(read(this.#recordFile(name)) ?? "");
      return typeof kept === "object" && kept !== null && "undo" in kept ? (kept as ConnectionRecord) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** What an earlier version kept of a file. */
interface Copy {
  readonly file: string;
  readonly before: string | null;
  readonly afterSha256: string;
  readonly mode?: number;
}

function copyIn(text: string | null): Copy | undefined {
  try {
    const kept: unknown = JSON.parse(text ?? "");
    return typeof kept === "object" && kept !== null && "before" in kept ? (kept as Copy) : undefined;
  } catch {
    return undefined;
  }
}

const later = (a: number | null, b: number | null): number | null => (a === null || (b ?? 0) > a ? b : a);
