/**
 * How to undo each change of a settings file, in `state/agents/NAME.json`. An agent has more than
 * one record if its folder was another one when it was connected before.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { AgentName } from "../../shared/protocol/agents.ts";
import { replaceFile } from "../files/atomic-write.ts";
import type { AddedKeys } from "./settings.ts";
import { read } from "./settings-file.ts";
import { createUndo, sha256, type Undo } from "./undo.ts";

/** How to undo the change of one settings file. */
export interface ConnectionRecord extends AddedKeys {
  readonly file: string;
  /** `null` if there was no file. */
  readonly undo: Undo | null;
  readonly afterSha256: string;
  /** File mode before the change. */
  readonly mode?: number;
}

/** The content of a file: the latest record, with the earlier ones of other settings files. */
interface StoredRecord extends ConnectionRecord {
  readonly earlier?: readonly ConnectionRecord[];
}

export class ConnectionRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns `undefined` without a readable record: then disconnecting removes only our entries. */
  find(name: AgentName, file: string): ConnectionRecord | undefined {
    return this.all(name).find((record) => record.file === file);
  }

  /** Returns the records of an agent, the latest first; none if they are unreadable. */
  all(name: AgentName): readonly ConnectionRecord[] {
    this.replaceCopy(name);
    try {
      const stored: unknown = JSON.parse(read(this.#file(name)) ?? "");
      if (typeof stored !== "object" || stored === null || !("undo" in stored)) return [];
      const { earlier = [], ...latest } = stored as StoredRecord;
      return [latest, ...earlier];
    } catch {
      return [];
    }
  }

  /** Replaces the record of the same settings file. @throws the file system's error. */
  put(name: AgentName, record: ConnectionRecord): void {
    this.#write(name, [record, ...this.all(name).filter(({ file }) => file !== record.file)]);
  }

  /** @throws the file system's error. */
  remove(name: AgentName, file: string): void {
    this.#write(
      name,
      this.all(name).filter((record) => record.file !== file),
    );
  }

  #write(name: AgentName, [latest, ...earlier]: readonly ConnectionRecord[]): void {
    if (latest === undefined) rmSync(this.#file(name), { force: true });
    else replaceFile(this.#file(name), JSON.stringify(earlier.length === 0 ? latest : { ...latest, earlier }));
  }

  /** Replaces the copy of the settings that earlier versions stored, which may contain keys. */
  replaceCopy(name: AgentName): void {
    const path = this.#file(name);
    const copy = copyIn(read(path));
    if (copy === undefined) return;
    const { file, before, afterSha256, mode } = copy;
    const after = existsSync(file) ? read(file) : null;
    const unchanged = after !== null && sha256(after) === afterSha256;
    const undo = unchanged && before !== null ? createUndo(before, after) : undefined;
    if (!unchanged || (before !== null && undo === undefined)) rmSync(path, { force: true });
    else replaceFile(path, JSON.stringify({ file, undo: undo ?? null, afterSha256, mode }));
  }

  #file(name: AgentName): string {
    return join(this.#folder, `${name}.json`);
  }
}

/** The record of earlier versions, which contains the settings file itself. */
interface Copy {
  readonly file: string;
  readonly before: string | null;
  readonly afterSha256: string;
  readonly mode?: number;
}

function copyIn(text: string | null): Copy | undefined {
  try {
    const record: unknown = JSON.parse(text ?? "");
    return typeof record === "object" && record !== null && "before" in record ? (record as Copy) : undefined;
  } catch {
    return undefined;
  }
}
