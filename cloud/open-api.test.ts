/**
 * Schemathesis sends valid and invalid requests and compares the responses with the OpenAPI
 * description.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { tempFolder } from "../test/fixtures/temp-folder.ts";
import { Sender } from "./test/sender.ts";
import { startTestServer } from "./test/test-server.ts";

const program = fileURLToPath(new URL("../out/python/bin/schemathesis", import.meta.url));
const folder = fileURLToPath(new URL("test/schemathesis/", import.meta.url));
const examples = Number(process.env["NEXUS_SCHEMATHESIS_EXAMPLES"] ?? 5);
const seed = process.env["NEXUS_SCHEMATHESIS_SEED"] ?? "1";

interface Report {
  readonly test_cases: { readonly generated: number };
  readonly failures: readonly object[];
  readonly errors: readonly object[];
  /** Warning type → operations. */
  readonly warnings: Readonly<Record<string, readonly string[]>>;
}

it.skipIf(!existsSync(program))(
  "matches the server's OpenAPI description",
  async () => {
    const { server } = await startTestServer({}, "test");
    const sender = new Sender(server.url);
    const erased = Object.assign(new Sender(server.url), { secret: sender.secret });
    for (const enrolled of [sender, erased]) {
      await enrolled.enroll();
      expect((await enrolled.send(enrolled.batch([enrolled.event()]))).status).toBe(200);
    }
    expect((await erased.erase()).status).toBe(200);
    const workFolder = tempFolder();
    const report = join(workFolder, "report.json");
    const generation = ["--seed", seed, "--generation-deterministic", "--max-examples", String(examples)];
    const output = ["--report", "json", "--report-json-path", report];
    const args = [
      "--config-file",
      join(folder, "schemathesis.toml"),
      "--no-color",
      "run",
      `${server.url}/openapi.json`,
      "--checks",
      "all",
      "--workers",
      "1",
      "--request-timeout",
      "20",
      ...generation,
      ...output,
    ];
    const env = {
      ...process.env,
      SCHEMATHESIS_HOOKS: join(folder, "hooks.py"),
      HYPOTHESIS_STORAGE_DIRECTORY: join(workFolder, "hypothesis"),
      PYTHONDONTWRITEBYTECODE: "1",
      NEXUS_SECRET: sender.secret.toString("base64"),
      NEXUS_SENDER: sender.id,
      NEXUS_ERASED: erased.id,
    };
    const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) => {
      execFile(program, args, { env, cwd: workFolder, maxBuffer: 64 * 1_048_576 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.code, out: `${stdout}\n${stderr}` }),
      );
    });
    const { failures, errors, warnings, test_cases }: Report = JSON.parse(readFileSync(report, "utf8"));
    const warned = Object.entries(warnings).filter(([, operations]) => operations.length > 0);
    expect({ failures, errors, warned }, out.slice(-20_000)).toEqual({ failures: [], errors: [], warned: [] });
    expect(code).toBe(0);
    expect(test_cases.generated).toBeGreaterThan(examples);
  },
  examples * 10_000 + 60_000,
);
