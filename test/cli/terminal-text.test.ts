/** The built command never prints control characters from data, nor the password of a URL. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { nexus, type Ran } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";

/** Control sequences that set the terminal's title and colours and move the cursor. */
const odd = "x\u001b]0;title\u0007\u001b[31m\u009b2J\u0008\u202ey";
const password = `pw${"7".repeat(12)}`;
let home = "";

beforeEach(async () => {
  home = tempFolder();
  await nexus(home, {}, "telemetry", "enable", "--yes");
});

function expectPlain({ out, err }: Ran): void {
  expect(out + err).not.toMatch(/[^\P{Cc}\t\n]|[\u202a-\u202e]/u);
  expect(out + err).not.toContain(password);
}

it.each([
  ["an option", {}, [`--${odd}`]],
  ["a command", {}, [odd]],
  ["an agent", {}, ["agents", "connect", odd]],
  ["a key of the configuration", {}, ["telemetry", "config", "get", odd]],
  ["a file to verify", {}, ["ledger", "verify", "--file", odd]],
  ["a path to export to", {}, ["telemetry", "export", "--output", `/nonexistent/${odd}`]],
  ["a program to run", {}, ["run", "--", `/nonexistent/${odd}`]],
  ["NEXUS_HOME", { NEXUS_HOME: `/nonexistent/${odd}` }, ["telemetry", "status"]],
  ["NEXUS_HOME, in JSON", { NEXUS_HOME: `/nonexistent/${odd}` }, ["telemetry", "status", "--json"]],
  ["NEXUS_TELEMETRY_PATH", { NEXUS_TELEMETRY_PATH: `/nonexistent/${odd}` }, ["doctor"]],
  [
    "a URL with a password",
    { NEXUS_USAGE_UPLOAD_URL: `https://ada:${password}@example.com/e` },
    ["telemetry", "config", "list"],
  ],
  [
    "a URL with a password, in JSON",
    { NEXUS_USAGE_UPLOAD_URL: `https://ada:${password}@example.com/e` },
    ["telemetry", "config", "list", "--json"],
  ],
  ["an invalid URL", { NEXUS_USAGE_UPLOAD_URL: `https://ada:${password}/x@` }, ["telemetry", "status"]],
  ["another variable", { NEXUS_USAGE_OUTBOX_DIR: `/x/${odd}` }, ["telemetry", "config", "list", "--show-origin"]],
] as const)("prints neither control characters nor passwords of %s", async (_name, env, args) =>
  expectPlain(await nexus(home, env, ...args)),
);

it("prints no control characters of the configuration and the consent file", async () => {
  const config = join(home, ".config", "nexus");
  writeFileSync(join(config, "config.toml"), `[telemetry]\nupload_url = ${JSON.stringify(`https://a/${odd}`)}\n`);
  for (const line of [
    ["telemetry", "config", "list"],
    ["telemetry", "config", "get", "upload_url"],
    ["telemetry", "status"],
    ["doctor"],
  ])
    expectPlain(await nexus(home, {}, ...line));
  writeFileSync(join(config, "consent.jsonl"), `{"mode":"local","${odd}":1\n`);
  for (const line of [["consent", "history"], ["consent", "history", "--json"], ["telemetry", "status"], ["doctor"]])
    expectPlain(await nexus(home, {}, ...line));
});

it("prints no control characters of file names and agents' settings", async () => {
  const state = join(home, "nexus", "state");
  const server = await UsageServer.start();
  const env = { NEXUS_USAGE_UPLOAD_URL: server.url };
  const share = ["--share", "--yes", "--notice", noticeVersion, "--destination", server.url, "--categories", "all"];
  await nexus(home, env, "telemetry", "enable", ...share);
  for (const name of ["events", "events-outbox"]) mkdirSync(join(state, name), { recursive: true, mode: 0o700 });
  writeFileSync(join(state, "events-outbox", odd), "foreign");
  mkdirSync(join(state, "events", `${odd}.jsonl`));
  mkdirSync(join(home, ".claude"));
  writeFileSync(join(home, ".claude", "settings.json"), JSON.stringify({ hooks: { PostToolUse: odd } }));
  await nexus(home, env, "event", "emit", "command_finished", "--set", "command_path=status");
  for (const line of [
    ["sync"],
    ["usage", "import"],
    ["agents", "connect", "claude_code", "--yes"],
    ["agents", "list"],
    ["doctor"],
  ])
    expectPlain(await nexus(home, env, ...line));
});
