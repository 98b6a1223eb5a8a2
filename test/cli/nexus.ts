/** The built `nexus` command, run as a user runs it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { root } from "../../scripts/generate/generate.ts";

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export async function nexus(
  home: string,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Ran> {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [join(root, "dist", "cli", "nexus.cjs"), ...args], {
    env: { PATH, HOME: home, TZ: "UTC", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, out, err };
}
