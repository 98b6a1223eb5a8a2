import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterKey, type Choices, firstState, type Key, type State, sortsOf, views } from "./state.ts";

const choices: Choices = { agent: ["claude_code", "codex"], source: ["vscode_terminal"], workspace: [] };
const stateAfter = (...keys: readonly Key[]): State =>
  keys.reduce((state, key) => afterKey(state, key, choices, 10), firstState);

describe("the keys of the dashboard", () => {
  it("choose period, view and order, and begin at the top", () => {
    expect(stateAfter("down", "down", "m")).toMatchObject({ period: "month", scroll: 0 });
    expect(stateAfter("down", "3")).toMatchObject({ view: "Models", scroll: 0 });
    expect(stateAfter("left").view).toBe(views.at(-1));
    expect(stateAfter("tab", "right").view).toBe("Models");
    expect(stateAfter("s", "2").sort).toBe(0);
    expect(stateAfter("pagedown", "down", "up", "pageup")).toMatchObject({ scroll: 0 });
  });

  it("filter by one value after the other, then by none", () => {
    expect(stateAfter("a").filters).toEqual({ agent: "claude_code" });
    expect(stateAfter("a", "a", "o").filters).toEqual({ agent: "codex", source: "vscode_terminal" });
    expect(stateAfter("a", "a", "a").filters).toEqual({});
    expect(stateAfter("a", "o", "x").filters).toEqual({});
    expect(stateAfter("t").filters).toEqual({});
  });

  it("close the help with any key", () => {
    expect(stateAfter("?").isHelp).toBe(true);
    expect(stateAfter("?", "m")).toMatchObject({ isHelp: false, period: "week" });
  });

  it("always lead to a state that exists", () => {
    const key = fc.constantFrom(
      ..."dwmy1234567890saotx?jkqz",
      "tab",
      "left",
      "right",
      "up",
      "down",
      "pageup",
      "pagedown",
      "escape",
    );
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        const { view, sort, scroll } = stateAfter(...keys);
        expect(views).toContain(view);
        expect(scroll).toBeGreaterThanOrEqual(0);
        expect(sort).toBeLessThan(Math.max(1, sortsOf[view]?.length ?? 1));
      }),
    );
  });
});
