import { expect, it } from "vitest";
import { CorruptLogError } from "./log/durable-log.ts";
import { logLine } from "./logger.ts";
import { InsertError } from "./warehouse/warehouse.ts";

const line = (...args: Parameters<typeof logLine>) => JSON.parse(logLine(...args));

it("logs fixed names and numbers, and only the name and code of foreign errors", () => {
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
  expect(line({ event: "insert_failed", error: foreign }, now)).toEqual({
    at,
    level: "error",
    event: "insert_failed",
    error: "TypeError",
    code: "23505",
  });
  for (const known of [
    new CorruptLogError("000000000001.log is corrupt at byte 7."),
    new InsertError("Inserting 2 rows failed."),
  ]) {
    expect(line({ event: "insert_failed", error: known }, now)).toMatchObject({
      error: known.name,
      says: known.message,
    });
  }
  expect(logLine({ event: "erasure_failed", error: "ada@example.com" }, now)).not.toContain("ada");
});
