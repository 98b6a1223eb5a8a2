import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { decide } from "../../shared/consent/consent.ts";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { message } from "../../shared/protocol/message.ts";
import type { Today } from "../../shared/protocol/record.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import { categories } from "../../shared/schema/categories.ts";
import { settings, statusItems } from "../../test/fixtures/vscode.ts";
import { StatusBar, type StatusBarState } from "./status-bar.ts";

const consent = { collect: categories, share: categories, noticeVersion, tsMs: 0 } as const;
const permissions = {
  never: decide(null, []),
  off: decide({ ...consent, mode: "off" }, []),
  local: decide({ ...consent, mode: "local" }, []),
  share: decide({ ...consent, mode: "share" }, []),
} as const;

const today: Today = {
  commands: 12,
  failed: 3,
  agentToolCalls: 0,
  costUsd: 4.1,
  monthUsd: null,
  slower: null,
  purgeMark: 0,
};
const sharing = {
  syncing: false,
  paused: null,
  failure: null,
  retryAtMs: null,
  pending: 0,
  syncedMs: null,
} as unknown as SharingStatus;

const state = (more: Partial<StatusBarState>): StatusBarState => ({
  permission: permissions.local,
  problems: [],
  sharing: null,
  today,
  alert: null,
  ...more,
});

function shown(more: Partial<StatusBarState> = {}) {
  const bar = new StatusBar();
  bar.show(state(more));
  const item = statusItems.at(-1);
  if (item === undefined) throw new Error("There is no item.");
  return { text: item.text, tooltip: item.tooltip?.value ?? "", spoken: item.accessibilityInformation?.label ?? "" };
}

beforeEach(() => settings.clear());
const choose = (content: unknown) => settings.set("nexus.telemetry.statusBar", content);

describe("status bar item", () => {
  it("names the product and the state", () => {
    expect(shown({ permission: permissions.never }).text).toBe("$(circle-slash) Nexus: off");
    expect(shown({ permission: permissions.off }).text).toBe("$(circle-slash) Nexus: off");
    expect(shown().text).toBe("$(pulse) Nexus: local");
    const share = (more: Partial<SharingStatus>) =>
      shown({ permission: permissions.share, sharing: { ...sharing, ...more } }).text;
    expect(share({})).toBe("$(cloud) Nexus: synced");
    expect(share({ pending: 7 })).toBe("$(cloud-upload) Nexus: 7 waiting");
    expect(share({ pending: 7_000 })).toBe("$(cloud-upload) Nexus: 999+ waiting");
    expect(share({ syncing: true })).toBe("$(sync~spin) Nexus: uploading");
    expect(share({ paused: message("Paused.") })).toBe("$(warning) Nexus: paused");
    expect(share({ pending: 7, failure: [message("Down.")], retryAtMs: Date.now() + 60_000 })).toBe(
      "$(debug-disconnect) Nexus: 7 waiting",
    );
  });

  it("shows what the user chose; waiting batches and problems come first", () => {
    for (const [content, text] of [
      ["failures", "$(pulse) Nexus: 3 failed"],
      ["cost", "$(pulse) Nexus: $4.10"],
      ["none", "$(pulse)"],
      ["anything else", "$(pulse) Nexus: local"],
      [true, "$(pulse) Nexus: local"],
    ] as const) {
      choose(content);
      expect(shown().text).toBe(text);
      expect(shown({ problems: [message("Broken.")] }).text).toBe("$(warning) Nexus: paused");
      const waiting = { permission: permissions.share, sharing: { ...sharing, pending: 2 } };
      expect(shown(waiting).text).toBe("$(cloud-upload) Nexus: 2 waiting");
    }
    choose("none");
    expect(shown({ permission: permissions.never }).text).toBe("$(circle-slash)");
  });

  it("is not there if an earlier version hid it", () => {
    choose(false);
    const { length } = statusItems;
    new StatusBar().show(state({}));
    expect(statusItems).toHaveLength(length);
  });

  it("marks a command that became slower, and a budget that is spent, and says so in the tooltip", () => {
    const sinceMs = new Date(2026, 10, 24, 12).getTime();
    const alert = { id: "x", command: "npm test", factor: 2.04, sinceMs };
    const { text, tooltip, spoken } = shown({ alert });
    expect(text).toBe("$(pulse) Nexus: local •");
    expect(tooltip).toContain("npm test has been 2.0 × slower since Tuesday.");
    expect(spoken).toContain("npm test has been 2.0 × slower since Tuesday.");
    settings.set("nexus.telemetry.monthlyBudget", 20);
    expect(shown({ today: { ...today, monthUsd: 20 } }).text).toBe("$(pulse) Nexus: local");
    const spent = shown({ today: { ...today, monthUsd: 20.5 } });
    expect(spent.text).toBe("$(pulse) Nexus: local •");
    expect(spent.tooltip).toContain("The monthly budget is spent: $20.50 of $20.00 at list prices.");
    expect(shown({ alert, problems: [message("Broken.")] }).text).toBe("$(warning) Nexus: paused");
  });

  it("has at most 22 characters beside its icon in any state", () => {
    const count = fc.nat({ max: 10 ** 12 });
    fc.assert(
      fc.property(
        fc.constantFrom("state", "failures", "cost", "none"),
        fc.constantFrom(...Object.values(permissions)),
        count,
        fc.double({ min: 0, max: 10 ** 12, noNaN: true }),
        fc.boolean(),
        (content, permission, n, usd, isSlower) => {
          choose(content);
          const alert = isSlower ? { id: "x", command: "npm test", factor: 2, sinceMs: 0 } : null;
          const { text } = shown({
            permission,
            alert,
            today: { ...today, failed: n, costUsd: usd },
            sharing: { ...sharing, pending: n },
          });
          expect(text.replace(/^\$\([a-z~-]+\) ?/, "").length).toBeLessThanOrEqual(22);
        },
      ),
    );
  });
});
