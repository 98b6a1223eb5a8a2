/** Entry of the tests inside VS Code: runs one suite and writes the result to a file. */
import { writeFileSync } from "node:fs";
import Mocha from "mocha";
import { cliOnPathSuite } from "./cli-on-path.ts";
import { extensionsSuite } from "./extensions.ts";
import { lifecycleSuite } from "./lifecycle.ts";
import { localSuite } from "./local.ts";
import { offSuite } from "./off.ts";
import { sourcesSuite } from "./sources.ts";

const suites: Readonly<Record<string, () => void>> = {
  extensions: extensionsSuite,
  off: offSuite,
  lifecycle: lifecycleSuite,
  local: localSuite,
  sources: sourcesSuite,
  terminal: cliOnPathSuite,
};

export function run(): Promise<void> {
  const name = process.env["NEXUS_TEST_SUITE"] ?? "";
  const mocha = new Mocha({ ui: "bdd", timeout: 60_000, color: false });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  suites[name]?.();
  return new Promise((resolve, reject) => {
    const report: string[] = [];
    const runner = mocha.run((failures) => {
      const { passes = 0 } = runner.stats ?? {};
      const result = { passed: passes, failed: failures, report };
      writeFileSync(process.env["NEXUS_TEST_RESULT"] ?? "", JSON.stringify(result));
      if (failures === 0) resolve();
      else reject(new Error(`${failures} failed`));
    });
    runner.on("pass", (test) => report.push(`  ✓ ${test.fullTitle()}`));
    runner.on("fail", (test, error: Error) => report.push(`  ✗ ${test.fullTitle()}\n${error.stack ?? error.message}`));
  });
}
