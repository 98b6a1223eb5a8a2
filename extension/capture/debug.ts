/** Captures debug sessions: start, end, public debugger type. Never reads name or configuration. */
import { type DebugSession, Disposable, debug } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { CaptureSource } from "./source.ts";

export function debugSource(recorder: Recorder): CaptureSource {
  return {
    name: "debugging",
    start() {
      const startedMs = new WeakMap<DebugSession, number>();
      return Disposable.from(
        debug.onDidStartDebugSession((session) => {
          startedMs.set(session, performance.now());
          recorder.record("debug_session", "vscode_debug", { phase: "start", debugger_type: session.type });
        }),
        debug.onDidTerminateDebugSession((session) => {
          const started = startedMs.get(session);
          if (started === undefined) return;
          recorder.record("debug_session", "vscode_debug", {
            phase: "end",
            debugger_type: session.type,
            duration_ms: Math.round(performance.now() - started),
          });
        }),
      );
    },
  };
}
