/**
 * Which features of the product somebody came upon and uses: the first time, and at each milestone. The counts are kept by the
 * editor, and only while they may be recorded.
 */
import type { Disposable, Memento } from "vscode";
import type { Category } from "../../shared/schema/categories.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";
import type { Recorder } from "../recording/recorder.ts";
import { featureUsesKey } from "./feature-memory.ts";
import type { CaptureSource } from "./source.ts";

export type Feature = RawEventFields["feature_first_use"]["feature"];

/** As in the vocabulary of `milestone`. */
const milestones: ReadonlySet<number> = new Set([5, 10, 25, 50, 100]);

type Uses = Readonly<Record<string, number>>;

/** The higher count of each. */
function merged(a: Uses, b: Uses): Uses {
  const all = { ...a };
  for (const [feature, uses] of Object.entries(b)) all[feature] = Math.max(uses, all[feature] ?? 0);
  return all;
}

export class FeatureUsage implements CaptureSource {
  readonly name = "commands";
  readonly #recorder: Recorder;
  readonly #memory: Memento;
  readonly #may: (category: Category) => boolean;
  /** What this window counted: the editor may show an older state for a moment after one was kept. */
  #own: Uses = {};
  #listening = false;

  constructor(recorder: Recorder, memory: Memento, may: (category: Category) => boolean) {
    this.#recorder = recorder;
    this.#memory = memory;
    this.#may = may;
  }

  start(): Disposable {
    this.#listening = true;
    return {
      dispose: () => {
        this.#listening = false;
      },
    };
  }

  recordUse(feature: Feature): void {
    if (!this.#counts) return;
    const known = merged(this.#memory.get<Uses>(featureUsesKey) ?? {}, this.#own);
    const uses = (known[feature] ?? 0) + 1;
    this.#own = { ...known, [feature]: uses };
    void this.#memory.update(featureUsesKey, this.#own);
    if (uses === 1) {
      this.#recorder.record("feature_discovered", "vscode", { feature, discovery_source: "organic" });
      this.#recorder.record("feature_first_use", "vscode", { feature });
    }
    if (milestones.has(uses)) {
      this.#recorder.record("feature_adoption", "vscode", { feature, milestone: String(uses) });
    }
  }

  recordSwitchedOff(feature: Feature): void {
    if (this.#counts) this.#recorder.record("feature_disabled", "vscode", { feature });
  }

  recordHelpViewed(): void {
    if (this.#counts) this.#recorder.record("help_viewed", "vscode", {});
  }

  /** After a purge. */
  reset(): void {
    this.#own = {};
  }

  get #counts(): boolean {
    return this.#listening && this.#may("features");
  }
}
