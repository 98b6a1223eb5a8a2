/**
 * Connects agents: puts our hook into their settings and takes it out again. What a file was before is kept, so that taking it out
 * gives back the same bytes where nothing was changed since; else only our entries go.
 */

import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, lstatSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AgentName, type AgentStanding, sourcesOf } from "../../shared/agents.ts";
import { type Door, DoorFile, postedTo } from "../doors/door-file.ts";
import { replaceFile } from "../durable-file.ts";
import { makeFolder } from "../owner.ts";
import type { Paths } from "../paths.ts";
import { type Agent, agentsOf, type HookEntry } from "./agents.ts";
import hookScript from "./hook.awk";
import { commandsIn, type Marks, SettingsError, saysYes, withEntries, withoutEntries } from "./settings.ts";

/** What would be done to a file. */
export interface Change {
  readonly agent: Agent;
  /** `null`: there is none. */
  readonly before: string | null;
  readonly after: string;
  /** The lines that are new; all others stay as they are, but for a comma. */
  readonly lines: readonly string[];
  /** The door that the agent posts to, where it does. */
  readonly door: Door | null;
}

/** What is remembered of a file that was changed. */
interface Kept {
  readonly file: string;
  readonly before: string | null;
  readonly afterSha256: string;
  /** Of the file before. */
  readonly mode?: number;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

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
  readonly #script: string;
  /** What our entries are known by. */
  readonly #marks: Marks;
  readonly #doors: DoorFile;
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
    this.#script = join(paths.stateFolder, "agents", "hook.awk");
    // Plain letters are those of ASCII, whatever the user's language.
    this.command = `umask 077; LC_ALL=C awk -f ${quoted(this.#script)} 2>/dev/null || :`;
    this.#marks = [quoted(this.#script), postedTo];
    this.#doors = new DoorFile(paths.doorFile);
    this.#agents = agentsOf({ home, env, command: this.command, hasShell: this.#hasShell });
  }

  titleOf(name: AgentName): string {
    return this.#agent(name).title;
  }

  /** `seen`: when each source last told of something. @throws the file system's error. */
  list(seen: ReadonlyMap<string, number> = new Map()): readonly AgentStanding[] {
    return this.#agents.map((agent) => {
      const { name, title, file, folder, policy } = agent;
      const rule = policy === null ? null : read(policy.file);
      const key = rule === null || policy === null ? undefined : saysYes(rule, policy.keys);
      return {
        ...{ name, title, file, found: existsSync(folder) },
        connected: this.isConnected(name),
        lastMs: sourcesOf[name].map((source) => seen.get(source) ?? null).reduce(later),
        forbidden: key === undefined ? null : `${policy?.file} forbids hooks of your own (${key}).`,
      };
    });
  }

  /** The exact change that connecting is; `undefined` where it is connected. @throws SettingsError, the file system's error. */
  planConnect(name: AgentName): Change | undefined {
    const agent = this.#agent(name);
    if (!this.#hasShell && this.configured(name).length === 0) {
      const way = agent.posting === null ? "" : ` use nexus agents connect ${name} --http, or`;
      throw new SettingsError(
        `On Windows there is no awk for a hook:${way} put "nexus hook" into ${agent.file} as a command of your own. Nothing was changed.`,
      );
    }
    return this.#plan(agent, null);
  }

  /** The same for an agent that is to post to a door on loopback. @throws SettingsError where it cannot. */
  async planPosting(name: AgentName): Promise<Change | undefined> {
    const agent = this.#agent(name);
    if (agent.posting === null)
      throw new SettingsError(`${agent.title} has no hooks that post. Connect it without --http.`);
    return this.#plan(agent, await this.#doors.planOpen("hooks"));
  }

  #plan(agent: Agent, door: Door | null): Change | undefined {
    const before = read(agent.file);
    if (this.configured(agent.name).length > 0) return undefined;
    const text = before === null || before.trim() === "" ? `${JSON.stringify(agent.start, null, 2)}\n` : before;
    targetOf(agent.file);
    const { text: after, lines } = withEntries(agent.file, text, entriesOf(agent, door));
    return { agent, before, after, door, lines: before === null ? after.trimEnd().split("\n") : lines };
  }

  /** @throws SettingsError where the file has changed since it was planned; the file system's error. */
  connect({ agent, before, after, door }: Change): void {
    const target = targetOf(agent.file);
    replaceFile(this.#script, hookScript);
    makeFolder(this.#paths.eventLogFolder);
    const mode = existsSync(target) ? statSync(target).mode & 0o777 : 0o600;
    const kept: Kept = { file: target, before, afterSha256: sha256(after), mode };
    replaceFile(this.#keptFile(agent.name), JSON.stringify(kept));
    if (read(target) !== before) {
      throw new SettingsError(`${agent.file} was changed by somebody else just now. Nothing was done; try again.`);
    }
    if (door !== null && !this.#doors.open(door)) {
      throw new SettingsError(`Another door was opened just now. ${agent.file} was not changed; try again.`);
    }
    // With a secret in it the file is for the user alone.
    replaceFile(target, after, door === null ? mode : mode & 0o700);
  }

  /** Takes our hook out. Returns whether there was one. @throws SettingsError, the file system's error. */
  disconnect(name: AgentName): boolean {
    const agent = this.#agent(name);
    const target = targetOf(agent.file);
    const text = read(target);
    const kept = this.#kept(name);
    const connected = this.configured(name).length > 0;
    if (text !== null && kept?.file === target && kept.afterSha256 === sha256(text)) {
      if (kept.before === null) rmSync(target);
      else replaceFile(target, kept.before, kept.mode ?? statSync(target).mode & 0o777);
    } else if (text !== null && connected) {
      replaceFile(target, withoutEntries(agent.file, text, agent.entries, this.#marks), statSync(target).mode & 0o777);
    }
    // What was connected under another folder of settings still needs both.
    if (kept === undefined || kept.file === target) {
      rmSync(this.#keptFile(name), { force: true });
      if (!this.list().some(({ connected: other }) => other)) rmSync(this.#script, { force: true });
      if (!this.#agents.some((other) => this.posts(other.name))) this.#doors.close("hooks");
    }
    return connected;
  }

  /** Whether an agent posts to a door. @throws SettingsError, the file system's error. */
  posts(name: AgentName): boolean {
    return this.isConnected(name) && this.configured(name).some((line) => postedTo.test(line));
  }

  /** The lines of a shell that an agent would run, and the addresses it would post to, as its settings have them now. */
  configured(name: AgentName): readonly string[] {
    const { file, entries } = this.#agent(name);
    return commandsIn(read(file) ?? "", entries, this.#marks);
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

  #keptFile(name: AgentName): string {
    return join(this.#paths.stateFolder, "agents", `${name}.json`);
  }

  /** What cannot be read is as if it were not there: then our entries alone are taken out. */
  #kept(name: AgentName): Kept | undefined {
    try {
      return JSON.parse(read(this.#keptFile(name)) ?? "");
    } catch {
      return undefined;
    }
  }
}

const later = (a: number | null, b: number | null): number | null => (a === null || (b ?? 0) > a ? b : a);

const entriesOf = (agent: Agent, door: Door | null): readonly HookEntry[] =>
  (door === null ? null : agent.posting?.(door)) ?? agent.entries;

/** As one word of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
