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

it("says each message once, and shows a closed one again when it returns", () => {
  const { problems, refusals } = messagesOf(stateWith("The disk is full.", "The disk is full."));
  expect(problems).toEqual(["The disk is full."]);
  expect(refusals).toHaveLength(1);
  expect(messagesOf(null)).toEqual({ problems: [], refusals: [] });
  const closed = stillClosed([...problems, ...refusals], stateWith("The disk is full."));
  expect(closed).toEqual([...problems, ...refusals]);
  const later = stillClosed(closed, stateWith());
  expect(later).toEqual(refusals);
  expect(stillClosed(later, stateWith("The disk is full."))).not.toContain("The disk is full.");
});
