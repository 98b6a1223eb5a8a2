/** Imports of agents' history by the built command, killed at random moments: each record counts once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { claudeCodeHistory, writeHistory } from "../fixtures/agent-history.ts";
import { decide } from "../fixtures/consented.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const histories = Array.from({ length: 500 }, (_, n) => claudeCodeHistory(n + 1));

it("goes on where it was killed", async () => {
  const home = tempFolder();
  decide(home);
  for (const history of histories) writeHistory(join(home, ".claude", "projects"), history);
  const importArgs = ["agents", "import", "--yes", "--json"] as const;
  let killed = 0;
  for (const ms of [300, 450, 600, 750, 900, 1_200]) {
    const child = spawn(process.execPath, [join(root, "dist", "cli", "nexus.cjs"), ...importArgs], {
      env: { PATH: process.env["PATH"] ?? "", HOME: home, TZ: "UTC" },
      stdio: "ignore",
    });
    const ended = once(child, "close");
    await Promise.race([ended, wait(ms)]);
    if (child.kill("SIGKILL")) killed += 1;
    await ended;
  }
  expect(killed).toBeGreaterThan(0);
  const { out } = await nexus(home, {}, ...importArgs);
  expect(JSON.parse(out).imported).toMatchObject([{ agent: "claude_code", refused: 0, skipped: 0 }]);
  const used = (name: "input" | "output" | "responses" | "tools" | "failed") =>
    histories.reduce((sum, history) => sum + history.used[name], 0);
  const stats = await nexus(home, {}, "stats", "--since", "2026-05-30", "--until", "2026-06-30", "--json");
  const { tokens, requests, calls } = JSON.parse(stats.out).total;
  expect({ input: tokens.input, output: tokens.output, requests, calls: calls.count, failed: calls.failed }).toEqual({
    input: used("input"),
    output: used("output"),
    requests: used("responses"),
    calls: used("tools"),
    failed: used("failed"),
  });
});
