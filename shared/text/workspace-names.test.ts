import { expect, it } from "vitest";
import { workspaceName } from "./workspace-names.ts";

it("names workspaces by letters, each once", () => {
  const names = Array.from({ length: 1_000 }, (_, index) => workspaceName(index));
  expect([0, 25, 26, 51, 52, 701, 702].map((index) => names[index])).toEqual(
    ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"].map((letters) => `Workspace ${letters}`),
  );
  expect(new Set(names).size).toBe(names.length);
});
