import { afterEach, describe, expect, it, vi } from "vitest";
import { usdText } from "../../shared/text/format.ts";
import { changeText, pointsText } from "./change.ts";
import { fitting, table } from "./table.ts";

afterEach(() => vi.unstubAllGlobals());

describe("a table", () => {
  const headings = ["Name", "Runs", "Median", "P95"];
  const rows = [["git push", "1,234", "1.5 s", "2 min 3 s"]];

  it("leaves out the columns of the highest rank until it fits, and names them", () => {
    expect(fitting(headings, rows, [0, 0, 1, 2], 33)).toMatchObject({ headings, leftOut: [] });
    expect(fitting(headings, rows, [0, 0, 1, 2], 32)).toMatchObject({
      headings: ["Name", "Runs", "Median"],
      leftOut: ["P95"],
    });
    expect(fitting(headings, rows, [0, 0, 1, 2], 5)).toMatchObject({
      headings: ["Name", "Runs"],
      leftOut: ["Median", "P95"],
    });
    expect(fitting(headings, rows, [0, 0, 1, 2], Number.POSITIVE_INFINITY).rows).toEqual(rows);
  });

  it("aligns names to the left and numbers to the right", () => {
    expect(table(["A", "Long"], [["xyz", "1"]], { left: 1 })).toMatch(/A {4}Long.*\nxyz {5}1$/s);
  });
});

describe("a change", () => {
  it("has a direction, and is not shown for a small sample", () => {
    expect(changeText(120, 100, 50, 50)).toBe("▲ 20%");
    expect(changeText(80, 100, 50, 50)).toBe("▼ 20%");
    expect(changeText(100.1, 100, 50, 50)).toBe("±0%");
    expect(changeText(120, 100, 9, 50)).toBe("");
    expect(changeText(120, 0, 50, 50)).toBe("");
    expect(changeText(null, 5, 50, 50)).toBe("");
    expect(pointsText(0.12, 0.1, 50, 50)).toBe("▲ 2 points");
    expect(pointsText(0.09, 0.1, 50, 50)).toBe("▼ 1 point");
  });
});

it("prints money with separators and cents", () => {
  expect(usdText(0)).toBe("$0.00");
  expect(usdText(1234567.891)).toBe("$1,234,567.89");
  expect(usdText(0.999)).toBe("$1.00");
  expect(usdText(19.996)).toBe("$20.00");
  expect(usdText(0.05)).toBe("$0.05");
  expect(usdText(null)).toBe("–");
});
