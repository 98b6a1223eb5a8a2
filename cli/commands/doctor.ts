/** `nexus doctor`: checks what recording and sharing need, and advises on each problem. */
import type { DoctorCheck } from "../../server/doctor.ts";
import { runChecks } from "../../server/doctor.ts";
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

export function run({ json }: JsonOption): Promise<void> {
  return withReader(async (reader) => {
    const checks = await runChecks(paths, reader.status(), Date.now());
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
