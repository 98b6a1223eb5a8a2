import fc from "fast-check";
import { expect, it } from "vitest";
import { clickHouseTime } from "./clickhouse-time.ts";

it("formats every time as Date does", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
      expect(`${clickHouseTime(ms).replace(" ", "T")}Z`).toBe(new Date(ms).toISOString());
    }),
  );
});
