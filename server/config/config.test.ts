import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { flushRuleIn } from "../../shared/protocol/record.ts";
import { englishOf, messageWith } from "../../test/fixtures/message-text.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { WatchedFile } from "../files/watched-file.ts";
import {
  ConfigError,
  configNotes,
  configRefusals,
  defaultConfig,
  ownPrices,
  parseConfig,
  policyRefusals,
} from "./config.ts";
import { environmentNotes } from "./environment.ts";
import { flushRule } from "./flush-rule.ts";

const parse = (text: string) => parseConfig("config.toml", text);

describe("configuration", () => {
  it("has the defaults of the specification", () => {
    expect(defaultConfig).toEqual({
      community_contribution: false,
      batch_size: 100,
      flush_interval_secs: 60,
      max_db_size_mb: 100,
      retention_days: 90,
      upload_pins: [],
      privacy: {
        strip_pii: true,
        block_sensitive: false,
        redact_file_paths: true,
        differential_privacy: false,
        dp_epsilon: 1,
      },
      prices: {},
    });
  });

  it("accepts prices of public models, and names what is wrong without quoting a name", () => {
    const config = parse('[telemetry.prices."gpt-5.6"]\ninput = 3\noutput = 15\ncache_read = 0.3\n');
    expect(ownPrices("config.toml", config)).toEqual({ "gpt-5.6": { input: 3, output: 15, cacheRead: 0.3 } });
    for (const [text, message] of [
      ["[telemetry.prices.gpt-5.6]\ninput = 3\noutput = 15\n", /quotation marks/],
      ['[telemetry.prices."gpt-5.6"]\ninput = -1\noutput = 15\n', /key input: must be at least 0/],
      ['[telemetry.prices."gpt-5.6"]\ninput = 1\n', /key output: must be/],
      ["[telemetry]\nprices = 3\n", /needs a table for each model/],
    ] as const) {
      expect(() => parse(text), text).toThrow(message);
    }
    const own = parse('[telemetry.prices."our-secret-model"]\ninput = 3\noutput = 15\n');
    expect(() => ownPrices("config.toml", own)).toThrow(/not recorded under this name/);
    expect(() => ownPrices("config.toml", own)).not.toThrow(/our-secret/);
  });

  it("accepts every documented key and ignores other tools' tables", () => {
    const config = parse(`
      [other]
      anything = 1
      [telemetry]
      enabled = true
      mode = "local"
      db_path = "/x/telemetry.db"
      batch_size = 5
      [telemetry.privacy]
      block_sensitive = true
    `);
    expect(config).toMatchObject({ enabled: true, db_path: "/x/telemetry.db", batch_size: 5 });
    expect(config.privacy).toMatchObject({ block_sensitive: true, strip_pii: true });
  });

  it.each([
    ['mode = "off"\n[telemetry]\nenabled = true', "key mode is outside its table. Move it to [telemetry]"],
    ["enabled = false", "key enabled is outside its table"],
    ["[Telemetry]\nenabled = false", "unknown table [Telemetry]. Move its keys to [telemetry]"],
    ["[telemetri]\nx = 1", "unknown table [telemetri]"],
    ["[other]\nEnabled = false", "unknown table [other]"],
    ["[privacy]\nblock_sensitive = true", "unknown table [privacy]"],
    ["[telemetry]\nretention_day = 3", "unknown key retention_day in [telemetry]. Did you mean retention_days?"],
    ["[telemetry]\nzzz = 3", "unknown key zzz in [telemetry]. Valid keys: mode, enabled"],
    ["[telemetry.privacy]\nstrip_pi = true", "unknown key strip_pi in [telemetry.privacy]. Did you mean strip_pii?"],
    ['[telemetry]\nenabled = "no"', "telemetry.enabled must be true or false"],
    ["[telemetry]\nbatch_size = 0", "telemetry.batch_size must be at least 1"],
    ["telemetry = 3", "telemetry must be a table"],
    ['[telemetry]\ndb_path = "~/x.db"', "telemetry.db_path must be an absolute path"],
    ['[telemetry]\n"what I typed" = 1', "unknown key in [telemetry]"],
    ["[telemetry\nmode = 1", "config.toml, line 1: not valid TOML"],
  ])("rejects %j by name", (text, message) => {
    expect(() => parse(text)).toThrow(ConfigError);
    expect(() => parse(text)).toThrow(message);
  });

  it("invariant: only-you-can-say-yes: grants nothing, and can only refuse", () => {
    expect(configRefusals("c", parse("[telemetry]\nenabled = true\nmode = 'share'"))).toEqual([]);
    expect(configRefusals("c", parse("[telemetry]\nenabled = false"))).toMatchObject([{ reach: "all" }]);
    expect(configRefusals("c", parse("[telemetry]\nmode = 'off'"))).toMatchObject([{ reach: "all" }]);
    expect(configRefusals("c", parse("[telemetry]\nmode = 'local'"))).toMatchObject([{ reach: "sharing" }]);
  });

  it("lists accepted keys that have no effect", () => {
    expect(configNotes(defaultConfig)).toEqual([]);
    expect(configNotes(parse("[telemetry.privacy]\nstrip_pii = false\nredact_file_paths = false"))).toHaveLength(2);
    expect(configNotes(parse("[telemetry]\ncommunity_contribution = true"))).toEqual([
      messageWith("community_contribution has no effect in this version."),
    ]);
    expect(configNotes(parse("[telemetry]\nbatch_size = 7"))).toEqual([]);
  });

  it.each([
    ["", 50, 250],
    ["retention_days = 5", 50, 250],
    ["batch_size = 7", 7, 60_000],
    ["batch_size = 5_000\nflush_interval_secs = 0.25", 1_000, 250],
    ["flush_interval_secs = 3", 100, 3_000],
    ["flush_interval_secs = 86_400", 100, 60_000],
  ])("gives the extension the limits for sending events: %j", (text, maxEvents, maxWaitMs) => {
    expect(flushRule("config.toml", `[telemetry]\n${text}\n`)).toEqual({ maxEvents, maxWaitMs });
    expect(flushRuleIn({ flush: { maxEvents, maxWaitMs } })).toEqual({ maxEvents, maxWaitMs });
  });

  it("names no value and no text of a library in a message", () => {
    for (const text of [
      "retention_days = 'x'",
      "retention_days = 0.5",
      "mode = 'on'",
      "upload_schema = 3",
      "upload_pins = ['x']",
      "upload_pins = 3",
      "privacy = 4",
      "flush_interval_secs = 0",
    ])
      expect(() => parse(`[telemetry]\n${text}`)).toThrow(
        /^config\.toml: telemetry\.\S+ must be [^:]*\. Correct the value or remove the key\.$/,
      );
  });
});

describe("the environment", () => {
  it("is read by one rule, and what says nothing is named", () => {
    const names = ["NEXUS_TELEMETRY", "NEXUS_EVENT_LOG", "NEXUS_TELEMETRY_COMMUNITY"] as const;
    for (const name of names) {
      for (const value of ["", "false", "0", "No", " off "]) expect(environmentNotes({ [name]: value })).toEqual([]);
      expect(englishOf(environmentNotes({ [name]: "maybe" }))).toBe(
        `${name} is neither true nor false, so it is ignored.`,
      );
    }
    expect(englishOf(environmentNotes({ NEXUS_TELEMETRY_COMMUNITY: "true" }))).toMatch(/has no effect/);
    expect(environmentNotes({ NEXUS_TELEMETRY: "1", NEXUS_EVENT_LOG: "yes" })).toEqual([]);
  });
});

describe("policy", () => {
  it("can only restrict", () => {
    expect(policyRefusals("p", '[telemetry]\nmode = "share"')).toEqual([]);
    expect(policyRefusals("p", '[telemetry]\nmode = "local"')).toMatchObject([{ by: "policy_file", reach: "sharing" }]);
    expect(policyRefusals("p", '[telemetry]\nmode = "off"')).toMatchObject([{ by: "policy_file", reach: "all" }]);
    expect(() => policyRefusals("p", '[telemetry]\nmode = "on"')).toThrow(ConfigError);
  });
});

describe("watched file", () => {
  it("follows a file that appears, changes and is replaced", () => {
    const path = join(tempFolder(), "sub", "config.toml");
    const file = new WatchedFile(path);
    expect(file.read()).toBeNull();
    mkdirSync(join(path, ".."));
    writeFileSync(path, "one");
    expect(file.read()).toBe("one");
    writeFileSync(`${path}.new`, "two");
    renameSync(`${path}.new`, path);
    expect(file.read()).toBe("two");
  });
});
