/**
 * The product's own life in this editor: installed, updated, windows that ended without closing, what kept it from working
 * and when it worked again. Everything is told once recording may be told, and not before.
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

/** Problems in the words of the vocabulary. One that is not here is `storage_error`. */
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
  readonly #host: EditorInfo;
  readonly #window = `${windowPrefix}${randomUUID()}`;
  #listening = false;
  #failing: { readonly error_category: string; readonly sinceMs: number } | undefined;

  constructor(recorder: () => Recorder, memory: Memento, may: (category: Category) => boolean, host: EditorInfo) {
    this.#recorder = recorder;
    this.#memory = memory;
    this.#isAllowed = may;
    this.#host = host;
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

  /** What the beginning of a session says; `undefined` where sessions are not recorded. */
  get sessionStartFields(): RawEventFields["session_started"] | undefined {
    if (!this.#allows("session_metadata")) return undefined;
    const { version, editor } = this.#host;
    return { version, editor };
  }

  /** Tells what has not been told yet. To be called whenever what may be recorded has changed. */
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

  /** This window closes as it should. */
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
    const { version, editor, installMethod } = this.#host;
    const before = this.#memory.get<string>(versionKey);
    if (before === version) return;
    void this.#memory.update(versionKey, version);
    const install_method = installMethod;
    if (before === undefined) this.#record("install_completed", { install_method, version, editor });
    else
      this.#record("update_completed", { install_method, editor, current_version: before, available_version: version });
  }

  /** A window that is not there any more and did not say so. */
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
