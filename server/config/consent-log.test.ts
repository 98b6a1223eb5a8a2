import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FixedClock } from "../../test/fixtures/clock.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { type ConsentDecision, ConsentLog, displayedNotice, StaleNoticeError } from "./consent-log.ts";

const yes: ConsentDecision = {
  mode: "local",
  collect: ["tool_usage"],
  share: [],
  destination: null,
  automatic: false,
  schema: 1,
  earlierEvents: false,
  notice: displayedNotice,
  via: "vscode_page",
};
const installation = "3f2b8c1e-0d0b-4f7e-9a53-3c1a4a6f1d11";
const no: ConsentDecision = { ...yes, mode: "off", collect: [] };

function log() {
  const path = join(tempFolder(), "nexus", "consent.jsonl");
  const consent = new ConsentLog(path, new FixedClock(Date.UTC(2026, 0, 2)), () => installation);
  return { path, consent };
}

describe("consent log", () => {
  it("does not exist before a decision", () => {
    const { path, consent } = log();
    expect(consent.read()).toBeNull();
    expect(existsSync(path)).toBe(false);
  });

  it("records mode, categories, time, channel and notice", () => {
    const { path, consent } = log();
    consent.append(yes, () => installation);
    expect(consent.read()).toMatchObject({ mode: "local", collect: ["tool_usage"], tsMs: Date.UTC(2026, 0, 2) });
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      state: "given",
      notice: displayedNotice,
      via: "vscode_page",
    });
  });

  it("only appends, and distinguishes a refusal from a withdrawal", () => {
    const { path, consent } = log();
    for (const decision of [no, yes, no]) consent.append(decision, () => installation);
    const states = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).state);
    expect(states).toEqual(["refused", "given", "withdrawn"]);
  });

  it("is private to the user, regardless of the umask", () => {
    const before = process.umask(0);
    try {
      const { path, consent } = log();
      consent.append(yes, () => installation);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(before);
    }
  });

  it("rejects consent to another notice, and always accepts a refusal", () => {
    const { path, consent } = log();
    const stale = { version: "0", sha256: "0".repeat(64), language: "en" };
    expect(() => consent.append({ ...yes, notice: stale }, () => installation)).toThrow(StaleNoticeError);
    expect(existsSync(path)).toBe(false);
    consent.append({ ...no, notice: stale }, () => installation);
    expect(consent.read()).toMatchObject({ mode: "off" });
  });

  it("continues after a line that a crash truncated", () => {
    const { path, consent } = log();
    consent.append(yes, () => installation);
    appendFileSync(path, '{"mode":"of');
    expect(consent.read()).toBe("damaged");
    consent.append(yes, () => installation);
    expect(consent.read()).toMatchObject({ mode: "local" });
  });

  it("does not join a last line without a line break", () => {
    const { path, consent } = log();
    consent.append(yes, () => installation);
    writeFileSync(path, readFileSync(path, "utf8").trimEnd());
    consent.append(no, () => installation);
    expect(consent.read()).toMatchObject({ mode: "off" });
  });

  it("reads entries appended by another process", () => {
    const { path, consent } = log();
    consent.append(yes, () => installation);
    new ConsentLog(path, new FixedClock(0), () => installation).append(no, () => installation);
    expect(consent.read()).toMatchObject({ mode: "off" });
  });
});
