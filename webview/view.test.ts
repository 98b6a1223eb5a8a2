import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tabs } from "../shared/protocol/dashboard.ts";
import { initialView, type Steps, stepBack, stepForward, stepTo, viewFrom } from "./view.ts";

const start: Steps = { past: [], view: initialView, future: [] };
const part = fc.record(
  {
    tab: fc.constantFrom(...tabs),
    filters: fc.constantFrom({}, { agent: "codex" }, { command: "!git" }),
    subject: fc.constantFrom(null, { by: "command" as const, key: "git push" }),
  },
  { requiredKeys: [] },
);

describe("steps between views", () => {
  it("go back to the beginning and forward to the end, through the same views", () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        let steps = start;
        const seen = [steps.view];
        for (const one of parts) {
          const next = stepTo(steps, one);
          if (next.past.length > steps.past.length) seen.push(next.view);
          steps = next;
        }
        const end = steps.view;
        const back = [steps.view];
        while (steps.past.length > 0) {
          steps = stepBack(steps);
          back.push(steps.view);
        }
        expect(back.toReversed()).toEqual(seen);
        while (steps.future.length > 0) steps = stepForward(steps);
        expect(steps.view).toEqual(end);
      }),
    );
  });

  it("end where they are: before the first and after the last one", () => {
    expect(stepBack(start)).toEqual(start);
    expect(stepForward(start)).toEqual(start);
    const steps = stepBack(stepTo(stepTo(start, { tab: "agents" }), { tab: "sessions" }));
    expect(stepTo(steps, { tab: "insights" }).future).toEqual([]);
  });

  it("remember a limited number", () => {
    let steps = start;
    for (let n = 0; n < 500; n += 1) steps = stepTo(steps, { filters: { command: `c${n}` } });
    expect(steps.past.length).toBe(100);
  });
});

describe("a stored view", () => {
  it("is read as it was stored", () => {
    fc.assert(
      fc.property(part, (one) => {
        const subject = {
          by: "day",
          key: "2026-01-02",
          period: { period: "today" },
          filters: { agent: "codex" },
        } as const;
        const view = { ...initialView, subject, ...one };
        expect(viewFrom(JSON.parse(JSON.stringify(view)))).toEqual(view);
      }),
    );
  });

  it("of any other shape is the first view", () => {
    fc.assert(
      fc.property(fc.anything(), (stored) => {
        const { tab, compare, period } = viewFrom(stored);
        expect(tabs).toContain(tab);
        expect(compare).toBe("previous");
        expect(period).toEqual({ period: "month" });
      }),
    );
    const odd = {
      tab: "tools",
      period: { period: "century" },
      filters: { colour: "red", agent: 3 },
      subject: { by: "x" },
    };
    expect(viewFrom(odd)).toEqual(initialView);
  });
});
