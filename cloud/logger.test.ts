import { expect, it } from "vitest";
import { CorruptLogError } from "./log/durable-log.ts";
import { logLine } from "./logger.ts";
import { InsertError } from "./warehouse/warehouse.ts";

const line = (...happening: Parameters<typeof logLine>) => JSON.parse(logLine(...happening));

it("says what happened in words of its own, and of others' errors nothing but name and code", () => {
  const at = "2026-11-21T00:00:00.000Z";
  const now = Date.parse(at);
  expect(line({ event: "erased", events: 7, erasures: 1 }, now)).toEqual({
    at,
    level: "info",
    event: "erased",
    events: 7,
    erasures: 1,
  });
  const foreign = Object.assign(new TypeError("row 3: ada@example.com"), { code: "23505" });
  expect(line({ event: "put_away_failed", error: foreign }, now)).toEqual({
    at,
    level: "error",
    event: "put_away_failed",
    error: "TypeError",
    code: "23505",
  });
  for (const own of [
    new CorruptLogError("000000000001.log is damaged at 7."),
    new InsertError("2 rows did not go in."),
  ]) {
    expect(line({ event: "put_away_failed", error: own }, now)).toMatchObject({ error: own.name, says: own.message });
  }
  expect(logLine({ event: "erasure_failed", error: "ada@example.com" }, now)).not.toContain("ada");
});
