/** The Python SDK from the user's side: what a program records is seen in the numbers. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { freshFolder } from "../fixtures/folder.ts";
import { nexus } from "../fixtures/nexus.ts";

const program = `
from nexus_telemetry import CommandEvent, TelemetryCollector
with TelemetryCollector() as telemetry:
    telemetry.record_command(CommandEvent("git push origin main", duration_ms=412))
    telemetry.record_command("npm run", success=False, error_category="timeout")
    telemetry.record_tool("read_file", success=True)
    telemetry.record_error("timeout")
`;

it("is seen in the numbers once it was read", async () => {
  const home = freshFolder();
  const env = { PATH: process.env["PATH"], HOME: home, PYTHONPATH: join(root, "sdk", "python", "src") };
  await nexus(home, {}, "telemetry", "enable", "--yes");
  execFileSync("python3", ["-B", "-c", program], { env });
  const { out } = await nexus(home, {}, "stats", "--today", "--json");
  expect(JSON.parse(out)).toMatchObject({
    ...{ commands: 2, succeeded: 1, failed: 1 },
    topCommands: [{ name: "git push" }, { name: "npm run" }],
    topTools: [{ name: "read_file", source: "python_sdk" }],
  });
});
