import { Workbench } from "/work/main/test/browser/workbench.ts";

const w = await Workbench.open({ vsix: "/work/main/out/nexus-telemetry-0.1.0-linux-x64.vsix" });
try {
  console.log("status", await w.statusItem.textContent());
  await w.screenshot("/tmp/s1.png");
  await w.command("Nexus: Open Dashboard");
  await w.nexusPage.getByRole("heading", { name: "Nexus Telemetry" }).waitFor();
  await w.screenshot("/tmp/s2.png");
  await w.command("Nexus: Telemetry Enable");
  await w.nexusPage.getByRole("button", { name: "Tick all" }).waitFor();
  await w.screenshot("/tmp/s3.png");
  await w.nexusPage.getByRole("button", { name: "Tick all" }).click();
  await w.nexusPage.getByRole("button", { name: "Record this" }).click();
  await w.nexusPage.getByText("On: recorded").first().waitFor();
  await w.screenshot("/tmp/s4.png");
  try {
    await w.openTerminal();
  } catch (e) {
    console.log(String(e).slice(0, 300));
  }
  await w.screenshot("/tmp/s5.png");
  await w.type("echo hi");
  await w.type("ls /nonexistent");
  await w.type("git status");
  await new Promise((r) => setTimeout(r, 3000));
  await w.command("Nexus: Open Dashboard");
  await new Promise((r) => setTimeout(r, 2000));
  await w.screenshot("/tmp/s6.png");
  const { execSync } = await import("node:child_process");
  console.log(
    execSync(
      `find ${w.home} | grep -v vscode | head -40; cat ${w.configFolder}/consent.jsonl; find ${w.editorLogs} -type f | head -50; find ${w.editorLogs} -name '*Nexus*' -exec cat {} +; ps aux | grep worker.cjs | head -3`,
    ).toString(),
  );
} finally {
  await w.screenshot("/tmp/s9.png");
  await w.close();
}
