import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { overdueReviews } from "../../scripts/overdue-reviews.ts";

describe("field reviews", () => {
  it("are overdue after their month has passed", () => {
    const fields = { old: { review: "2026-10" }, due: { review: "2026-11" } } as const;
    expect(overdueReviews(new Date("2026-11-30T23:59:59Z"), fields)).toEqual(["old (2026-10)"]);
    expect(overdueReviews(new Date("2026-12-01T00:00:00Z"), fields)).toEqual(["old (2026-10)", "due (2026-11)"]);
  });

  it("fail the build with the field's name if overdue", () => {
    const late = `data:text/javascript,${encodeURIComponent("Date = class extends Date { constructor(...a) { super(...(a.length ? a : ['2099-01-01'])) } }")}`;
    const build = () =>
      execFileSync(process.execPath, ["--import", late, join(root, "esbuild.mjs")], {
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(build).toThrow(/Overdue field reviews.*command_path/s);
  });
});
