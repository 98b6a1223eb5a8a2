/**
 * Captures the use of features: first use and milestones. Counts are stored in `globalState`, only
 * while the category is selected.
 */
import type { Disposable, Memento } from "vscode";
import type { Category } from "../../shared/schema/categories.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";
import type { Recorder } from "../recording/recorder.ts";
import { featureUsesKey } from "./feature-memory.ts";
import type { CaptureSource } from "./source.ts";

export type Feature = RawEventFields["feature_first_use"]["feature"];

/** The vocabulary of the field `milestone`. */
const milestones: ReadonlySet<number> = new Set([5, 10, 25, 50, 100]);

type UseCounts = Readonly<Record<string, number>>;

/** Returns the higher count of each feature. */
function mergeCounts(a: UseCounts, b: UseCounts): UseCounts {
  const merged = { ...a };
  for (const [feature, uses] of Object.entries(b)) merged[feature] = Math.max(uses, merged[feature] ?? 0);
  return merged;
}

export class FeatureUsage implements CaptureSource {
  readonly name = "commands";
  readonly #recorder: Recorder;
  readonly #memory: Memento;
  readonly #isAllowed: (category: Category) => boolean;
  /** Counts of this window: `globalState` can return an older value shortly after an update. */
  #counts: UseCounts = {};
  #listening = false;

  constructor(recorder: Recorder, memory: Memento, isAllowed: (category: Category) => boolean) {
    this.#recorder = recorder;
    this.#memory = memory;
    this.#isAllowed = isAllowed;
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
    if (!this.#isActive) return;
    const counts = mergeCounts(this.#memory.get<UseCounts>(featureUsesKey) ?? {}, this.#counts);
    const uses = (counts[feature] ?? 0) + 1;
    this.#counts = { ...counts, [feature]: uses };
    void this.#memory.update(featureUsesKey, this.#counts);
    if (uses === 1) {
      this.#recorder.record("feature_discovered", "vscode", { feature, discovery_source: "organic" });
      this.#recorder.record("feature_first_use", "vscode", { feature });
    }
    if (milestones.has(uses)) {
      this.#recorder.record("feature_adoption", "vscode", { feature, milestone: String(uses) });
    }
  }

  recordSwitchedOff(feature: Feature): void {
    if (this.#isActive) this.#recorder.record("feature_disabled", "vscode", { feature });
  }

  recordHelpViewed(): void {
    if (this.#isActive) this.#recorder.record("help_viewed", "vscode", {});
  }

  /** Forgets the counts of this window after a purge. */
  reset(): void {
    this.#counts = {};
  }

  get #isActive(): boolean {
    return this.#listening && this.#isAllowed("features");
  }
}
