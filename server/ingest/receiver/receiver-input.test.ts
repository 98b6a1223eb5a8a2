import { describe, expect, it } from "vitest";
import { markRaw } from "../../../shared/schema/raw.ts";
import { newAgentIds } from "../../../test/fixtures/agent-ids.ts";
import { systemClock } from "../../clock.ts";
import { type CommitOutcome, GroupCommit } from "./group-commit.ts";
import { receiverInput } from "./receiver-input.ts";

function inputOf(outcomes: readonly CommitOutcome[]) {
  const sizes: number[] = [];
  const group = new GroupCommit((events) => outcomes[sizes.push(events.length) - 1] ?? "stored");
  return { sizes, input: receiverInput(() => false, newAgentIds(), group, systemClock) };
}

const events = Array.from({ length: 5_000 }, () => markRaw({}));

describe("receiver input", () => {
  it("stores a large batch in several transactions", async () => {
    const { sizes, input } = inputOf([]);
    expect(await input.commit(events)).toBe("stored");
    expect(sizes).toEqual([2_000, 2_000, 1_000]);
  });

  it("stops at the first part that is not stored, so that the exporter sends the batch again", async () => {
    const { sizes, input } = inputOf(["stored", "failed"]);
    expect(await input.commit(events)).toBe("failed");
    expect(sizes).toHaveLength(2);
  });
});
