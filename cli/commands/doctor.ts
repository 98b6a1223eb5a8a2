/** `nexus doctor`: checks what recording and sharing need, and advises on each problem. */
import { homeFolder } from "../../server/config/home.ts";
import type { DoctorCheck } from "../../server/doctor/check.ts";
import { runChecks } from "../../server/doctor/checks.ts";
import { reportText } from "../../server/doctor/report.ts";
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { countText } from "../../shared/text/format.ts";
import { exitCodes } from "../exit.ts";
import { type JsonOption, print, printJson } from "../output/print.ts";
import { heading, styled, wrapped } from "../output/terminal.ts";
import { paths, withReader } from "../runtime.ts";

const marks: Readonly<Record<DoctorCheck["status"], readonly [string, "green" | "yellow" | "red"]>> = {
  ok: ["ok", "green"],
  warning: ["warn", "yellow"],
  error: ["error", "red"],
};

interface DoctorOptions extends JsonOption {
  readonly report?: boolean;
}

/** An unreadable database is a check of its own. */
function lastSeen(reader: TelemetryReader): ReadonlyMap<string, number> {
  try {
    return reader.agentsSeen();
  } catch {
    return new Map();
  }
}

export function run({ json, report }: DoctorOptions): Promise<void> {
  return withReader(async (reader) => {
    const home = homeFolder();
    const { env } = process;
    const status = reader.status();
    const checks = await runChecks({ paths, home, env, status, seen: lastSeen(reader), nowMs: Date.now() });
    if (report === true) {
      const folders = ["NEXUS_HOME", "XDG_CONFIG_HOME", "NEXUS_TELEMETRY_PATH", "NEXUS_USAGE_OUTBOX_DIR"] as const;
      const secrets = folders.map((name) => [name, env[name] ?? ""] as const);
      if (checks.some((check) => check.status === "error")) process.exitCode = exitCodes.failed;
      print(reportText(checks, { home, folders: secrets, destination: status.sharing?.destination ?? null }));
      return;
    }
    const faults = checks.filter(({ status }) => status === "error").length;
    if (json === true) printJson({ version: 2, healthy: faults === 0, checks });
    else {
      print(`${heading("Doctor")}\n`);
      for (const { name, status, message, advice } of checks) {
        const [mark, colour] = marks[status];
        print(`${styled(colour, mark.padEnd(5))}  ${name}: ${message}`);
        if (advice !== undefined) print(wrapped(advice, "       "));
      }
      const warnings = checks.filter(({ status }) => status === "warning").length;
      const healthy = warnings === 0 ? "No problems found." : `No errors, ${countText(warnings, "warning")}.`;
      print(`\n${faults === 0 ? healthy : `${faults} of ${checks.length} checks failed.`}`);
    }
    if (faults > 0) process.exitCode = exitCodes.failed;
  });
}
