/** `nexus doctor`: looks at everything that recording and sharing need, and says what to do. */
import type { DoctorCheck } from "../../server/doctor.ts";
import { runChecks } from "../../server/doctor.ts";
import { exitCodes } from "../exit.ts";
import { type JsonOption, print, printJson } from "../output/print.ts";
import { heading, styled, wrapped } from "../output/terminal.ts";
import { paths, withReader } from "../runtime.ts";

const marks: Readonly<Record<DoctorCheck["status"], readonly [string, "green" | "yellow" | "red"]>> = {
  ok: ["ok", "green"],
  warning: ["note", "yellow"],
  error: ["fault", "red"],
};

export function run({ json }: JsonOption): Promise<void> {
  return withReader(async (observer) => {
    const checks = await runChecks(paths, observer.status(), Date.now());
    const faults = checks.filter(({ status: state }) => state === "error").length;
    if (json === true) printJson({ version: 2, healthy: faults === 0, checks });
    else {
      print(`${heading("Doctor")}\n`);
      for (const { name, status: state, message: what, advice } of checks) {
        const [mark, colour] = marks[state];
        print(`${styled(colour, mark.padEnd(5))}  ${name}: ${what}`);
        if (advice !== undefined) print(wrapped(advice, "       "));
      }
      print(faults === 0 ? "\nNothing is wrong." : `\n${faults} of ${checks.length} need you.`);
    }
    if (faults > 0) process.exitCode = exitCodes.failed;
  });
}
