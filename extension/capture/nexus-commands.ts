/** Captures Nexus commands of the command palette: name, duration and outcome. */
import type { Disposable } from "vscode";
import type { Recorder } from "../recording/recorder.ts";
import type { Feature, FeatureUsage } from "./feature-usage.ts";
import type { CaptureSource } from "./source.ts";

export type CommandOutcome = "finished" | "failed" | "cancelled";

/** A purge must leave no event behind, not even its own. */
const unrecorded = new Set(["purge"]);

/** The feature that each command belongs to. */
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
  /** Incremented by each start: a command that began before a pause does not end after it. */
  #generation = 0;

  constructor(recorder: Recorder, features: FeatureUsage) {
    this.#recorder = recorder;
    this.#features = features;
  }

  start(): Disposable {
    this.#listening = true;
    this.#generation += 1;
    return {
      dispose: () => {
        this.#listening = false;
      },
    };
  }

  /** Records the start of a command and returns the function that records its end. */
  begin(command: string): (outcome: CommandOutcome) => void {
    if (!this.#listening || unrecorded.has(command)) return () => undefined;
    const fields = { command_path: `telemetry ${command}`, invocation_kind: "vsix" } as const;
    const generation = this.#generation;
    const startedMs = performance.now();
    const feature = featureOf[command];
    this.#recorder.record("command_started", "vscode", fields);
    return (outcome) => {
      if (!this.#listening || generation !== this.#generation) return;
      const duration_ms = Math.round(performance.now() - startedMs);
      this.#recorder.record(`command_${outcome}`, "vscode", { ...fields, duration_ms });
      if (feature !== undefined && outcome === "finished") this.#features.recordUse(feature);
    };
  }
}
