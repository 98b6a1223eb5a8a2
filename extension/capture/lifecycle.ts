/**
 * Captures our own lifecycle: installation, update, crashes of windows and workers, recording
 * failures and recoveries. Records nothing, and stores nothing in `globalState`, before the
 * category is allowed.
 */
import { randomUUID } from "node:crypto";
import type { Disposable, Memento } from "vscode";
import type { ProblemKind } from "../../shared/protocol/record.ts";
import type { Category } from "../../shared/schema/categories.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";
import type { Recorder } from "../recording/recorder.ts";
import type { EditorInfo } from "./editor-info.ts";
import type { CaptureSource } from "./source.ts";

const versionKey = "recordedVersion";
const windowPrefix = "window.";

/** Vocabulary values of `error_category`. Other problems are `storage_error`. */
const errorCategories: Readonly<Partial<Record<ProblemKind, string>>> = {
  config_invalid: "configuration",
  disk_full: "disk_space",
  read_only: "permission_denied",
};

export class Lifecycle implements CaptureSource {
  readonly name = "lifecycle";
  readonly #recorder: () => Recorder;
  readonly #memory: Memento;
  readonly #isAllowed: (category: Category) => boolean;
  readonly #info: EditorInfo;
  readonly #window = `${windowPrefix}${randomUUID()}`;
  #listening = false;
  #failing: { readonly error_category: string; readonly sinceMs: number } | undefined;

  constructor(recorder: () => Recorder, memory: Memento, isAllowed: (category: Category) => boolean, info: EditorInfo) {
    this.#recorder = recorder;
    this.#memory = memory;
    this.#isAllowed = isAllowed;
    this.#info = info;
  }

  start(): Disposable {
    this.#listening = true;
    return {
      dispose: () => {
        this.#recorder().endSession();
        this.#listening = false;
        this.#failing = undefined;
      },
    };
  }

  /** Fields of `session_started`; `undefined` if sessions are not recorded. */
  get sessionStartFields(): RawEventFields["session_started"] | undefined {
    if (!this.#allows("session_metadata")) return undefined;
    const { version, editor } = this.#info;
    return { version, editor };
  }

  /** Records what is not recorded yet. Call it after each change of the policy. */
  recordPending(): void {
    if (this.#allows("lifecycle")) this.#recordVersion();
    if (this.#allows("error_types")) this.#recordCrashes();
  }

  problemChanged(kind: ProblemKind | null): void {
    if (!this.#allows("error_types")) return;
    const failing = this.#failing;
    if (kind !== null && failing === undefined) {
      const error_category = errorCategories[kind] ?? "storage_error";
      this.#failing = { error_category, sinceMs: performance.now() };
      this.#record("error_occurred", { error_category, component: "worker", recoverable: true });
    } else if (kind === null && failing !== undefined) {
      const duration_ms = Math.round(performance.now() - failing.sinceMs);
      this.#failing = undefined;
      this.#record("error_recovered", { error_category: failing.error_category, component: "worker", duration_ms });
    }
  }

  workerCrashed(): void {
    if (this.#allows("error_types")) this.#record("crash_detected", { component: "worker", error_category: "crash" });
  }

  /** Removes this window's mark, so that its end is not recorded as a crash. */
  async close(): Promise<void> {
    if (this.#memory.get(this.#window) !== undefined) await this.#memory.update(this.#window, undefined);
  }

  #allows(category: Category): boolean {
    return this.#listening && this.#isAllowed(category);
  }

  #record<T extends "error_occurred" | "error_recovered" | "crash_detected" | "install_completed" | "update_completed">(
    type: T,
    fields: RawEventFields[T],
  ): void {
    this.#recorder().record(type, "vscode", fields);
  }

  #recordVersion(): void {
    const { version, editor, installMethod } = this.#info;
    const recordedVersion = this.#memory.get<string>(versionKey);
    if (recordedVersion === version) return;
    void this.#memory.update(versionKey, version);
    const install_method = installMethod;
    if (recordedVersion === undefined) {
      this.#record("install_completed", { install_method, version, editor });
      return;
    }
    this.#record("update_completed", {
      install_method,
      editor,
      current_version: recordedVersion,
      available_version: version,
    });
  }

  /** Records windows whose process is gone although their mark was not removed. */
  #recordCrashes(): void {
    if (this.#memory.get(this.#window) !== undefined) return;
    void this.#memory.update(this.#window, process.pid);
    for (const key of this.#memory.keys()) {
      if (!key.startsWith(windowPrefix) || key === this.#window) continue;
      const pid = this.#memory.get<number>(key);
      if (pid === undefined || (pid !== process.pid && isAlive(pid))) continue;
      void this.#memory.update(key, undefined);
      this.#record("crash_detected", { component: "extension", error_category: "crash" });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
