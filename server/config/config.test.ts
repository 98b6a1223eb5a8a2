import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { messageWith } from "../../test/fixtures/message-text.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { WatchedFile } from "../files/watched-file.ts";
import { ConfigError, configNotes, configRefusals, defaultConfig, parseConfig, policyRefusals } from "./config.ts";

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
    });
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
    ['[telemetry]\nenabled = "no"', "telemetry.enabled is invalid"],
    ["[telemetry]\nbatch_size = 0", "telemetry.batch_size is invalid"],
    ["telemetry = 3", "telemetry is invalid"],
    ['[telemetry]\ndb_path = "~/x.db"', "telemetry.db_path is invalid (must be an absolute path)"],
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
    expect(configNotes(parse("[telemetry]\nbatch_size = 7"))).toEqual([
      messageWith("batch_size has no effect in this version."),
    ]);
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
