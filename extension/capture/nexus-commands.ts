/** The product's own commands of the palette: which, how long, how they ended. */
import type { Disposable } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { Feature, FeatureUsage } from "./feature-usage.ts";
import type { CaptureSource } from "./source.ts";

export type CommandOutcome = "finished" | "failed" | "cancelled";

/** A purge leaves nothing behind, not even a word of itself. */
const unrecorded = new Set(["purge"]);

/** The feature that a command is. */
const featureOf: Readonly<Record<string, Feature>> = {
  status: "status",
  sync: "sync",
  export: "export",
  enable: "consent",
  disable: "consent",
  agents: "agents",
  terminal: "cli",
  dashboard: "dashboard",
  help: "help",
};

export class NexusCommands implements CaptureSource {
  readonly name = "commands";
  readonly #recorder: Recorder;
  readonly #features: FeatureUsage;
  #listening = false;
  /** How often it was started: what began before a pause does not end after it. */
  #starts = 0;

  constructor(recorder: Recorder, features: FeatureUsage) {
    this.#recorder = recorder;
    this.#features = features;
  }

  start(): Disposable {
    this.#listening = true;
    this.#starts += 1;
    return {
      dispose: () => {
        this.#listening = false;
      },
    };
  }

  /** A command began; the answer is to be called when it ended. */
  begin(command: string): (outcome: CommandOutcome) => void {
    if (!this.#listening || unrecorded.has(command)) return () => undefined;
    const named = { command_path: `telemetry ${command}`, invocation_kind: "vsix" } as const;
    const starts = this.#starts;
    const startedMs = performance.now();
    const feature = featureOf[command];
    this.#recorder.record("command_started", "vscode", named);
    return (outcome) => {
      if (!this.#listening || starts !== this.#starts) return;
      const duration_ms = Math.round(performance.now() - startedMs);
      this.#recorder.record(`command_${outcome}`, "vscode", { ...named, duration_ms });
      if (feature !== undefined && outcome === "finished") this.#features.recordUse(feature);
    };
  }
}
