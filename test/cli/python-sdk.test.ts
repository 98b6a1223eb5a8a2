/** The Python SDK with the built command: its events, and its scanner of sensitive text. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { generatedCorpus } from "../../scripts/privacy/corpus/generated.ts";
import { scan } from "../../server/privacy/scanner/scan.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const program = `
from nexus_telemetry import CommandEvent, TelemetryCollector
with TelemetryCollector() as telemetry:
    telemetry.record_command(CommandEvent("git push origin main", duration_ms=412))
    telemetry.record_command("npm run", success=False, error_category="timeout")
    telemetry.record_tool("read_file", success=True)
    telemetry.record_error("timeout")
`;

it("records events that appear in the statistics after their import", async () => {
  const home = tempFolder();
  const env = { PATH: process.env["PATH"], HOME: home, PYTHONPATH: join(root, "sdk", "python", "src") };
  await nexus(home, {}, "telemetry", "enable", "--yes");
  execFileSync("python3", ["-B", "-c", program], { env });
  const { out } = await nexus(home, {}, "telemetry", "stats", "--today", "--json");
  expect(JSON.parse(out)).toMatchObject({
    commands: 2,
    succeeded: 1,
    failed: 1,
    topCommands: [{ name: "git push" }, { name: "npm run" }],
    topTools: [{ name: "read_file", source: "python_sdk" }],
  });
});

const isSensitiveProgram = `
import json, sys
from nexus_telemetry.allow_list import public_words
from nexus_telemetry.sensitive import is_sensitive
words = public_words()
print(json.dumps([is_sensitive({"x": text}, words) for text in json.load(sys.stdin)]))
`;

/** Returns for each text whether the SDK considers it sensitive. */
function areSensitive(texts: readonly string[]): readonly boolean[] {
  const env = { PATH: process.env["PATH"], PYTHONPATH: join(root, "sdk", "python", "src") };
  const input = JSON.stringify(texts);
  return JSON.parse(execFileSync("python3", ["-B", "-c", isSensitiveProgram], { env, input, encoding: "utf8" }));
}

it("considers everything sensitive that the scanner finds, and no command of the vocabulary", () => {
  const texts = generatedCorpus(Date.now() % 1_000_000, 1).flatMap((group) => group.cases.map(({ text }) => text));
  const found = texts.filter((text) => scan(text).rules.size > 0);
  expect(found.length).toBeGreaterThan(1_000);
  const sensitive = areSensitive(found);
  expect(found.filter((_, n) => sensitive[n] !== true)).toEqual([]);
  const commands = ["git commit", "npm run", "docker compose up", "kubectl get pods -o wide", "cargo test --release"];
  expect(areSensitive(commands)).toEqual(commands.map(() => false));
});
