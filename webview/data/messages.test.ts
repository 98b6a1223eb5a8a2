import { expect, it } from "vitest";
import type { DashboardState } from "../../shared/protocol/dashboard.ts";
import { message } from "../../shared/protocol/message.ts";
import { messagesOf, stillClosed } from "./messages.ts";

const stateWith = (...problems: readonly string[]): DashboardState =>
  ({
    problems: problems.map((text) => message("{text}", { text })),
    failure: null,
    status: null,
    permission: { refusals: [{ by: "environment", reach: "all", name: "NEXUS_TELEMETRY" }] },
  }) as unknown as DashboardState;

const texts = (messages: readonly { readonly text: string }[]) => messages.map(({ text }) => text);

it("says each message once, and shows a closed one again when it returns", () => {
  const { problems, refusals } = messagesOf(stateWith("The disk is full.", "The disk is full."));
  expect(texts(problems)).toEqual(["The disk is full."]);
  expect(refusals).toHaveLength(1);
  expect(messagesOf(null)).toEqual({ problems: [], refusals: [] });
  const all = [...texts(problems), ...texts(refusals)];
  const closed = stillClosed(all, stateWith("The disk is full."));
  expect(closed).toEqual(all);
  const later = stillClosed(closed, stateWith());
  expect(later).toEqual(texts(refusals));
  expect(stillClosed(later, stateWith("The disk is full."))).not.toContain("The disk is full.");
});

it("says with each message what can be done about it here", () => {
  const refusals = [
    { by: "editor_telemetry", reach: "sharing", name: "telemetry.telemetryLevel" },
    { by: "config_file", reach: "all", name: "enabled in config.toml" },
    { by: "notice", reach: "sharing", name: "a new consent notice" },
    { by: "policy_file", reach: "all", name: "the policy file" },
  ];
  const text = message("config.toml: unknown key.");
  const status = { problem: { kind: "config_invalid", message: text } };
  const state = { ...stateWith("The disk is full."), permission: { refusals }, status } as unknown as DashboardState;
  expect(messagesOf(state)).toMatchObject({
    problems: [{ remedy: { action: { type: "showLog" } } }, { remedy: { action: { type: "openConfig" } } }],
    refusals: [
      { remedy: { action: { type: "openSetting", name: "telemetry.telemetryLevel" } } },
      { remedy: { action: { type: "openConfig" } } },
      { remedy: { action: { go: { tab: "data", section: "privacy" } } } },
      { remedy: undefined },
    ],
  });
});
