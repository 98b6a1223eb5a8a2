/**
 * Connects agents: puts our hook into their settings and takes it out again. What a file was before is kept, so that taking it out
 * gives back the same bytes where nothing was changed since; else only our entries go.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AgentName, AgentStanding } from "../../shared/agents.ts";
import { replaceFile } from "../durable-file.ts";
import type { Paths } from "../paths.ts";
import { type Agent, agentsOf } from "./agents.ts";
import hookScript from "./hook.awk";
import { commandsIn, SettingsError, saysYes, withEntries, withoutEntries } from "./settings.ts";

/** What would be done to a file. */
export interface Change {
  readonly agent: Agent;
  /** `null`: there is none. */
  readonly before: string | null;
  readonly after: string;
}

/** The lines of a change that are new; all others stay as they are. */
export function addedLines({ before, after }: Change): readonly string[] {
  const old = before?.split(/\r?\n/) ?? [];
  const lines = after.split(/\r?\n/);
  const first = lines.findIndex((line, at) => line !== old[at]);
  let last = 0;
  while (last < Math.min(lines.length, old.length) - first && lines.at(-1 - last) === old.at(-1 - last)) last += 1;
  return first === -1 ? [] : lines.slice(first, lines.length - last);
}

/** What is remembered of a file that was changed. */
interface Kept {
  readonly file: string;
  readonly before: string | null;
  readonly afterSha256: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A link stays one: what it leads to is changed. */
const targetOf = (file: string): string => (existsSync(file) ? realpathSync(file) : file);

const read = (file: string): string | null => (existsSync(file) ? readFileSync(file, "utf8") : null);

export class Connections {
  readonly #paths: Paths;
  readonly #agents: readonly Agent[];
  readonly #script: string;
  /** The line that agents run: whatever happens, it says nothing and ends well. */
  readonly command: string;

  /** `home`: the user's, where agents keep their settings. */
  constructor(paths: Paths, home: string, env: Readonly<Record<string, string | undefined>>) {
    this.#paths = paths;
    this.#script = join(paths.stateFolder, "agents", "hook.awk");
    this.command = `umask 077; awk -f ${quoted(this.#script)} 2>/dev/null || :`;
    this.#agents = agentsOf({ home, env, command: this.command });
  }

  /** @throws the file system's error. */
  list(): readonly AgentStanding[] {
    return this.#agents.map((agent) => {
      const { name, title, file, folder, policy } = agent;
      const rule = policy === null ? null : read(policy.file);
      const key = rule === null || policy === null ? undefined : saysYes(rule, policy.keys);
      return {
        ...{ name, title, file, found: existsSync(folder) },
        connected: this.configured(name).length > 0,
        forbidden: key === undefined ? null : `${policy?.file} forbids hooks of your own (${key}).`,
      };
    });
  }

  /** The exact change that connecting is; `undefined` where it is connected. @throws SettingsError, the file system's error. */
  planConnect(name: AgentName): Change | undefined {
    const agent = this.#agent(name);
    const before = read(agent.file);
    if (this.configured(name).length > 0) return undefined;
    const text = before === null || before.trim() === "" ? `${JSON.stringify(agent.start, null, 2)}\n` : before;
    return { agent, before, after: withEntries(agent.file, text, agent.entries) };
  }

  /** @throws SettingsError where the file has changed since it was planned; the file system's error. */
  connect({ agent, before, after }: Change): void {
    const target = targetOf(agent.file);
    replaceFile(this.#script, hookScript);
    mkdirSync(this.#paths.eventLogFolder, { recursive: true, mode: 0o700 });
    const kept: Kept = { file: target, before, afterSha256: sha256(after) };
    replaceFile(this.#keptFile(agent.name), JSON.stringify(kept));
    if (read(target) !== before) {
      throw new SettingsError(`${agent.file} was changed by somebody else just now. Nothing was done; try again.`);
    }
    replaceFile(target, after, existsSync(target) ? statSync(target).mode & 0o777 : 0o600);
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
      else replaceFile(target, kept.before, statSync(target).mode & 0o777);
    } else if (text !== null && connected) {
      replaceFile(target, withoutEntries(agent.file, text, agent.entries, this.#script), statSync(target).mode & 0o777);
    }
    rmSync(this.#keptFile(name), { force: true });
    if (!this.list().some(({ connected: other }) => other)) rmSync(this.#script, { force: true });
    return connected;
  }

  /** The lines of a shell that an agent would run, as its settings have them now. */
  configured(name: AgentName): readonly string[] {
    const { file, entries } = this.#agent(name);
    return commandsIn(read(file) ?? "", entries, this.#script);
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

/** As one word of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
