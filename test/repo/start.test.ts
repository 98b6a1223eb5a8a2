/**
 * `npm start` without desktop VS Code: prints a URL with a token, and leaves no process after
 * Ctrl+C.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { hasServer } from "../../scripts/vscode-server/server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Returns the command lines that contain the trial's folder. */
function trialProcesses(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(join("/proc", pid, "cmdline"), "utf8");
      } catch {
        return "";
      }
    })
    .filter((line) => line.includes(join(root, "out", "start")));
}

it.skipIf(!hasServer())(
  "starts nexus-cloud and VS Code in the browser with a token, and ends every process at Ctrl+C",
  async () => {
    const { PATH = "" } = process.env;
    const child = spawn(process.execPath, ["scripts/start.ts"], { cwd: root, env: { ...process.env, PATH } });
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    const url = await new Promise<URL>((resolve, reject) => {
      child.once("exit", () => reject(new Error(output)));
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          output += chunk;
          const found = /http:\/\/127\.0\.0\.1:\d+\/\?tkn=\S+/.exec(output);
          if (found !== null && output.includes("Press Ctrl+C to stop")) resolve(new URL(found[0]));
        });
      }
    });
    expect(url.searchParams.get("tkn")).toMatch(/^[0-9a-f]{48}$/);
    expect((await fetch(url.origin)).status).toBe(403);
    expect((await fetch(url, { redirect: "manual" })).status).toBeLessThan(400);
    expect(trialProcesses()).not.toEqual([]);
    // Every user can read command lines, so the token must not be in one.
    const token = url.searchParams.get("tkn") ?? "";
    expect(trialProcesses().filter((line) => line.includes(token))).toEqual([]);
    const tokenFile = join(root, "out", "start", "vscode-data", "connection-token");
    expect([readFileSync(tokenFile, "utf8"), statSync(tokenFile).mode & 0o777]).toEqual([token, 0o600]);
    // A short box; everything else is in the log.
    expect(output.split("\n").length).toBeLessThan(24);
    expect(readFileSync(join(root, "out", "start", "start.log"), "utf8")).toContain("Packaged:");
    const [cloud = ""] = /http:\/\/127\.0\.0\.1:\d+(?= \(metrics)/.exec(output) ?? [];
    expect(await (await fetch(`${cloud}/readyz`)).json()).toEqual({ ready: true });
    child.kill("SIGINT");
    await once(child, "exit");
    expect(output).toContain("Stopped.");
    await expect(fetch(url.origin)).rejects.toThrow();
    await expect(fetch(`${cloud}/healthz`)).rejects.toThrow();
    expect(trialProcesses()).toEqual([]);
  },
);
