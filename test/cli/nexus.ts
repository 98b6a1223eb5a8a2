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

export const nexus = (home: string, env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> =>
  runBuilt("nexus.cjs", home, env, args);

/** Runs one of the built files of the command. */
export async function runBuilt(
  file: string,
  home: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<Ran> {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [join(root, "dist", "cli", file), ...args], {
    env: { PATH, HOME: home, TZ: "UTC", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, out, err };
}
