/** Reads databases of agents in a child process, so that nothing of them stays in this one. */
import { spawnSync } from "node:child_process";
import type { DatabaseHistory, ReadDatabase } from "../../../server/history/agent-reader.ts";
import { errorCode } from "../../../shared/text/error-code.ts";

/** Bytes of what a child prints. */
const maxOutput = 512 * 1024 * 1024 - 1;
const timeoutMs = 10 * 60_000;

export const readInChild: ReadDatabase = (agent, file) => {
  const [script = ""] = process.argv.slice(1);
  const { error, status, stdout, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, script, "history-database", agent],
    {
      input: file,
      encoding: "utf8",
      maxBuffer: maxOutput,
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      // Within the editor's executable the child is Node too.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    },
  );
  const code = error === undefined ? undefined : errorCode(error);
  if (code === "ENOBUFS") throw new Error("holds more than can be read at once");
  if (code === "ETIMEDOUT") throw new Error("took longer than 10 minutes");
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(stderr.replace(/^nexus: /, "").trim() || "its reader ended, perhaps for want of memory");
  const found: DatabaseHistory = JSON.parse(stdout);
  return found;
};
