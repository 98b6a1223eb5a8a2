/** After reading agents' histories, the memory of the process holds no text of a prompt. Linux only: it reads /proc. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { canary, historyFolders, writeHistory } from "../fixtures/agent-history.ts";
import { inventedAgents, inventors } from "../fixtures/histories/histories.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

/** Reads, then waits. `keeps`: also keeps the text, which proves that the search finds it. */
const program = (home: string, keeps: boolean) => `
  import { readFileSync } from "node:fs";
  import { readAgentHistory } from ${JSON.stringify(join(root, "server", "history", "agent-history.ts"))};
  const read = readAgentHistory(${JSON.stringify(agents)}, ${JSON.stringify(home)}, {});
  globalThis.kept = ${keeps} ? readFileSync(${JSON.stringify(join(home, "kept.txt"))}, "utf8") : "";
  process.stdout.write(JSON.stringify(read.map(({ responses }) => responses.length)));
  setInterval(() => {}, 1_000_000);`;

/** Databases are read by another process, which ends with them. */
const agents = inventedAgents.filter((agent) => inventors[agent](5).databases === undefined);
const needle = ["a prompt that must not", "be found in memory"].join(" ");
/** Stops a process, so that its memory does not change while it is read. */
async function freeze(child: ChildProcess): Promise<void> {
  child.kill("SIGSTOP");
  const state = () => readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ").at(-1)?.[0];
  await expect.poll(state).toBe("T");
}

/** Whether the writable memory of a process contains the needle, in one of V8's encodings. */
function holdsNeedle(pid: number): boolean {
  const wanted = [Buffer.from(needle, "latin1"), Buffer.from(needle, "utf16le")];
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    return readFileSync(`/proc/${pid}/maps`, "utf8")
      .split("\n")
      .some((line) => {
        const [, from = "", to = ""] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
        if (from === "" || line.includes("[vvar") || line.includes("[vsyscall")) return false;
        const part = Buffer.alloc(4 * 1024 * 1024 + needle.length * 2);
        for (let at = BigInt(`0x${from}`); at < BigInt(`0x${to}`); at += BigInt(4 * 1024 * 1024)) {
          const left = Number(BigInt(`0x${to}`) - at);
          const count = readSync(memory, part, 0, Math.min(part.length, left), at as unknown as number);
          if (wanted.some((text) => part.subarray(0, count).includes(text))) return true;
        }
        return false;
      });
  } finally {
    closeSync(memory);
  }
}

it.runIf(process.platform === "linux")("leaves no text of a history in memory", async () => {
  const home = tempFolder();
  writeFileSync(join(home, "kept.txt"), needle);
  for (const agent of agents) {
    const invented = inventors[agent](5);
    const files = new Map([...invented.files].map(([path, text]) => [path, text.replaceAll(canary, needle)]));
    writeHistory(join(home, historyFolders[agent]), { ...invented, files });
  }
  for (const keeps of [true, false]) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program(home, keeps)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [read] = await once(child.stdout, "data");
      const counts: readonly number[] = JSON.parse(String(read));
      expect([counts.length, Math.min(...counts) > 0]).toEqual([agents.length, true]);
      await freeze(child);
      expect(holdsNeedle(child.pid ?? 0)).toBe(keeps);
    } finally {
      child.kill("SIGKILL");
    }
  }
});
