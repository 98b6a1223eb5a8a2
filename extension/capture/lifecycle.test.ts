import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Category } from "../../shared/schema/categories.ts";
import { followPurge } from "./feature-memory.ts";
import { FeatureUsage } from "./feature-usage.ts";
import { Lifecycle } from "./lifecycle.ts";

/** A fake `globalState`. */
class Memory extends Map<string, unknown> {
  update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.delete(key);
    else this.set(key, value);
    return Promise.resolve();
  }
}

function setUp(
  memory = new Memory(),
  version = "1.0.0",
  agreed: readonly Category[] = ["lifecycle", "error_types", "features"],
) {
  const recorded: (readonly [type: string, fields: object])[] = [];
  const recorder = {
    record: (type: string, _source: string, fields: object) => recorded.push([type, fields]),
    endSession: () => undefined,
  };
  const isAllowed = (category: Category) => agreed.includes(category);
  const keys = { ...bound(memory), keys: () => [...memory.keys()] };
  const info = { version, editor: "vscode", installMethod: "vsix" };
  const lifecycle = new Lifecycle(() => recorder as never, keys as never, isAllowed, info);
  const features = new FeatureUsage(recorder as never, keys as never, isAllowed);
  lifecycle.start();
  const listening = features.start();
  return { recorded, lifecycle, features, listening };
}

function bound(memory: Memory) {
  return { get: (key: string) => memory.get(key), update: (key: string, value: unknown) => memory.update(key, value) };
}

/** Returns the ID of a process that has exited. */
const deadPid = () => spawnSync(process.execPath, ["-e", "0"]).pid;

describe("lifecycle", () => {
  it("records an installation once, and an update when the version has changed", () => {
    const memory = new Memory();
    const recordVersion = (version: string) => {
      const { recorded, lifecycle } = setUp(memory, version, ["lifecycle"]);
      lifecycle.recordPending();
      lifecycle.recordPending();
      return recorded;
    };
    expect(recordVersion("1.0.0")).toEqual([
      ["install_completed", { install_method: "vsix", version: "1.0.0", editor: "vscode" }],
    ]);
    expect(recordVersion("1.0.0")).toEqual([]);
    expect(recordVersion("1.1.0")).toMatchObject([
      ["update_completed", { current_version: "1.0.0", available_version: "1.1.0" }],
    ]);
  });

  it("records an installation once its category is selected, and stores nothing before", () => {
    const memory = new Memory();
    setUp(memory, "1.0.0", []).lifecycle.recordPending();
    expect([...memory.keys()]).toEqual([]);
    const { recorded, lifecycle } = setUp(memory, "1.0.0", ["lifecycle"]);
    lifecycle.recordPending();
    expect(recorded).toHaveLength(1);
  });

  it("records a crashed window once, and neither a closed nor a running one", async () => {
    const memory = new Memory();
    const startWindow = () => {
      const { recorded, lifecycle } = setUp(memory, "1.0.0", ["error_types"]);
      lifecycle.recordPending();
      return { recorded, lifecycle };
    };
    await startWindow().lifecycle.close();
    expect(memory.size).toBe(0);
    memory.set("window.other", process.ppid);
    memory.set("window.crashed", deadPid());
    expect(startWindow().recorded).toEqual([["crash_detected", { component: "extension", error_category: "crash" }]]);
    expect(memory.has("window.other")).toBe(true);
    expect(memory.has("window.crashed")).toBe(false);
  });

  it("records a failure and the recovery once each", () => {
    const { recorded, lifecycle } = setUp();
    lifecycle.problemChanged("disk_full");
    lifecycle.problemChanged("read_only");
    lifecycle.problemChanged(null);
    lifecycle.problemChanged(null);
    expect(recorded).toMatchObject([
      ["error_occurred", { error_category: "disk_space", component: "worker", recoverable: true }],
      ["error_recovered", { error_category: "disk_space", duration_ms: expect.any(Number) }],
    ]);
  });
});

describe("feature usage", () => {
  it("records the first use and 5, 10, 25, 50 and 100 uses", () => {
    const memory = new Memory();
    const { recorded, features } = setUp(memory);
    for (let n = 0; n < 120; n += 1) features.recordUse("insights");
    expect(recorded.map(([type, fields]) => [type, Reflect.get(fields, "milestone")])).toEqual([
      ["feature_discovered", undefined],
      ["feature_first_use", undefined],
      ...["5", "10", "25", "50", "100"].map((milestone) => ["feature_adoption", milestone]),
    ]);
    // Another window, or this one after a reload, continues the count.
    setUp(memory).features.recordUse("insights");
    expect(memory.get("featureUses")).toEqual({ insights: 121 });
  });

  it("counts uses although globalState returns an older value for a moment", () => {
    const memory = new Memory();
    const { recorded, features } = setUp(memory);
    for (let n = 0; n < 5; n += 1) {
      const older = memory.get("featureUses");
      features.recordUse("status");
      if (n > 0) memory.set("featureUses", older);
    }
    expect(recorded.at(-1)).toEqual(["feature_adoption", { feature: "status", milestone: "5" }]);
  });

  it("records and counts nothing without consent, and deletes the counts after a purge", () => {
    const memory = new Memory();
    const refused = setUp(memory, "1.0.0", []);
    refused.features.recordUse("insights");
    refused.features.recordHelpViewed();
    expect([refused.recorded, memory.size]).toEqual([[], 0]);
    const { features, listening, recorded } = setUp(memory);
    listening.dispose();
    features.recordUse("insights");
    expect(recorded).toEqual([]);
    features.start();
    features.recordUse("insights");
    expect(followPurge(memory, 7)).toBe(true);
    features.reset();
    expect(memory.get("featureUses")).toBeUndefined();
    expect(followPurge(memory, 7)).toBe(false);
    features.recordUse("insights");
    expect(memory.get("featureUses")).toEqual({ insights: 1 });
  });
});
