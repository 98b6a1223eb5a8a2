/**
 * Captures editor activity per language: focus time while the window is active, and number of
 * saves. Records one event per language every five minutes; without activity no timer runs. Never
 * reads documents.
 */
import { Disposable, type TextDocument, window, workspace } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { Timers } from "../timers.ts";
import type { CaptureSource } from "./source.ts";

const recordMs = 5 * 60 * 1000;

/** Documents that users edit; excludes the output panel, the original side of a diff and others. */
const schemes = new Set(["file", "untitled", "vscode-remote", "vscode-vfs", "vscode-notebook-cell"]);

class EditorActivity {
  readonly #recorder: Recorder;
  readonly #timers: Timers;
  readonly #totals = new Map<string, { focusMs: number; saves: number }>();
  #language: string | undefined;
  #sinceMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(recorder: Recorder, timers: Timers) {
    this.#recorder = recorder;
    this.#timers = timers;
    this.update();
  }

  /** Adds the focus time so far and starts to measure that of the current editor. */
  update(): void {
    this.#addFocusTime();
    const document = window.activeTextEditor?.document;
    const { focused, active } = window.state;
    this.#language = focused && active && document !== undefined ? languageOf(document) : undefined;
    this.#sinceMs = performance.now();
    if (this.#language !== undefined) this.#scheduleRecord();
  }

  countSave(document: TextDocument): void {
    const language = languageOf(document);
    if (language === undefined) return;
    this.#totalOf(language).saves += 1;
    this.#scheduleRecord();
  }

  /** Records the totals and resets them. */
  record(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#addFocusTime();
    for (const [language, { focusMs, saves }] of this.#totals) {
      const focus_ms = Math.round(focusMs);
      if (focus_ms > 0 || saves > 0) {
        this.#recorder.record("editor_activity", "vscode_editor", { language, focus_ms, saves });
      }
    }
    this.#totals.clear();
    if (this.#language !== undefined) this.#scheduleRecord();
  }

  end(): void {
    this.record();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #addFocusTime(): void {
    const nowMs = performance.now();
    if (this.#language !== undefined) this.#totalOf(this.#language).focusMs += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }

  #totalOf(language: string): { focusMs: number; saves: number } {
    const total = this.#totals.get(language) ?? { focusMs: 0, saves: 0 };
    this.#totals.set(language, total);
    return total;
  }

  #scheduleRecord(): void {
    this.#cancelTimer ??= this.#timers.after(recordMs, () => this.record());
  }
}

function languageOf({ languageId, uri }: TextDocument): string | undefined {
  return schemes.has(uri.scheme) ? languageId : undefined;
}

export function editorActivitySource(recorder: Recorder, timers: Timers): CaptureSource {
  return {
    name: "editing",
    start() {
      const activity = new EditorActivity(recorder, timers);
      return Disposable.from(
        window.onDidChangeActiveTextEditor(() => activity.update()),
        window.onDidChangeWindowState(() => activity.update()),
        workspace.onDidSaveTextDocument((document) => activity.countSave(document)),
        { dispose: () => activity.end() },
      );
    },
  };
}
