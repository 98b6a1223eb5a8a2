/**
 * Work in editors, summed up by language: how long one had the focus while the window was used, and how often files were
 * saved. One event a language and five minutes; without work there is no timer. No document is read.
 */
import { Disposable, type TextDocument, window, workspace } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { Timers } from "../timers.ts";
import type { CaptureSource } from "./source.ts";

const sumMs = 5 * 60 * 1000;

/** What a person edits; the output panel, a diff's other side and the like are none. */
const schemes = new Set(["file", "untitled", "vscode-remote", "vscode-vfs", "vscode-notebook-cell"]);

class EditorActivity {
  readonly #recorder: Recorder;
  readonly #timers: Timers;
  readonly #sums = new Map<string, { focusMs: number; saves: number }>();
  #language: string | undefined;
  #sinceMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(recorder: Recorder, timers: Timers) {
    this.#recorder = recorder;
    this.#timers = timers;
    this.update();
  }

  /** Ends what was in focus, and begins what is now. */
  update(): void {
    this.#addFocusTime();
    const document = window.activeTextEditor?.document;
    const { focused, active } = window.state;
    this.#language = focused && active && document !== undefined ? languageOf(document) : undefined;
    this.#sinceMs = performance.now();
    if (this.#language !== undefined) this.#scheduleRecord();
  }

  saved(document: TextDocument): void {
    const language = languageOf(document);
    if (language === undefined) return;
    this.#sumOf(language).saves += 1;
    this.#scheduleRecord();
  }

  /** Records the sums, and begins anew. */
  record(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#addFocusTime();
    for (const [language, { focusMs, saves }] of this.#sums) {
      const focus_ms = Math.round(focusMs);
      if (focus_ms > 0 || saves > 0) {
        this.#recorder.record("editor_activity", "vscode_editor", { language, focus_ms, saves });
      }
    }
    this.#sums.clear();
    if (this.#language !== undefined) this.#scheduleRecord();
  }

  end(): void {
    this.record();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #addFocusTime(): void {
    const nowMs = performance.now();
    if (this.#language !== undefined) this.#sumOf(this.#language).focusMs += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }

  #sumOf(language: string): { focusMs: number; saves: number } {
    const sum = this.#sums.get(language) ?? { focusMs: 0, saves: 0 };
    this.#sums.set(language, sum);
    return sum;
  }

  #scheduleRecord(): void {
    this.#cancelTimer ??= this.#timers.after(sumMs, () => this.record());
  }
}

function languageOf({ languageId, uri }: TextDocument): string | undefined {
  return schemes.has(uri.scheme) ? languageId : undefined;
}

export function editorActivitySource(recorder: Recorder, timers: Timers): CaptureSource {
  return {
    name: "editing",
    start() {
      const work = new EditorActivity(recorder, timers);
      return Disposable.from(
        window.onDidChangeActiveTextEditor(() => work.update()),
        window.onDidChangeWindowState(() => work.update()),
        workspace.onDidSaveTextDocument((document) => work.saved(document)),
        { dispose: () => work.end() },
      );
    },
  };
}
