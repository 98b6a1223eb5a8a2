/**
 * Starts the VS Code server on a free loopback port and stops it by its process group.
 *
 * Writes machine settings into the data folder before the start.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const serverMain = fileURLToPath(new URL("node_modules/code-server/lib/vscode/out/server-main.js", import.meta.url));
const setupMark = fileURLToPath(new URL("node_modules/.nexus-setup", import.meta.url));

/** Returns whether set-up installed the server. */
export function hasServer(): boolean {
  return existsSync(setupMark);
}

export interface ServerOptions {
  readonly dataFolder: string;
  readonly extensionsFolder: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
  /** `null`: every local user can open the server, and with it a shell. */
  readonly connectionToken: string | null;
  /** Enables the smoke test driver, which also hides notifications. */
  readonly testDriver: boolean;
  readonly log?: "info" | "trace";
}

export interface VsCodeServer {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Passes the token in a file, because other local users can read command lines. */
async function tokenArguments({ connectionToken, dataFolder }: ServerOptions): Promise<readonly string[]> {
  if (connectionToken === null) return ["--without-connection-token"];
  const file = join(dataFolder, "connection-token");
  await rm(file, { force: true });
  await writeFile(file, connectionToken, { mode: 0o600, flag: "wx" });
  return [`--connection-token-file=${file}`];
}

function serverArguments(port: number, options: ServerOptions, token: readonly string[]): string[] {
  const { dataFolder, extensionsFolder, testDriver, log } = options;
  return [
    serverMain,
    "--host=127.0.0.1",
    `--port=${port}`,
    ...token,
    "--accept-server-license-terms",
    `--server-data-dir=${dataFolder}`,
    `--extensions-dir=${extensionsFolder}`,
    "--telemetry-level=off",
    "--disable-workspace-trust",
    ...(testDriver ? ["--enable-smoke-test-driver"] : []),
    ...(log === undefined ? [] : [`--log=${log}`]),
  ];
}

export async function startServer(options: ServerOptions): Promise<VsCodeServer> {
  const machineFolder = join(options.dataFolder, "data", "Machine");
  await mkdir(machineFolder, { recursive: true });
  await mkdir(options.extensionsFolder, { recursive: true });
  await writeFile(join(machineFolder, "settings.json"), JSON.stringify(options.settings, null, 2));
  const port = await freePort();
  const child = spawn(process.execPath, serverArguments(port, options, await tokenArguments(options)), {
    env: options.env,
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    await listening(child);
  } catch (error) {
    await stopGroup(child);
    throw error;
  }
  return { port, url: `http://127.0.0.1:${port}/`, stop: () => stopGroup(child) };
}

/** Runs one of the server's commands for extensions and returns what it prints. */
function extensionCommand(command: string, { extensionsFolder, dataFolder, env }: ServerOptions): string {
  const folders = [`--extensions-dir=${extensionsFolder}`, `--server-data-dir=${dataFolder}`];
  const args = [serverMain, command, ...folders, "--accept-server-license-terms", "--force"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed:\n${stdout}${stderr}`);
  return stdout;
}

export function installExtension(vsix: string, options: ServerOptions): void {
  extensionCommand(`--install-extension=${vsix}`, options);
}

/** Returns the installed extensions as `publisher.name`. */
export function listExtensions(options: ServerOptions): readonly string[] {
  return extensionCommand("--list-extensions", options).trim().split("\n");
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Extension host agent listening")) resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`The VS Code server exited with code ${code}:\n${output}`)));
  });
}

/** Stops the server with all its child processes. */
function stopGroup(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once("exit", () => resolve());
    if (process.platform === "win32") spawnSync("taskkill", ["/pid", String(child.pid), "/T", "/F"]);
    else process.kill(-child.pid, "SIGTERM");
  });
}
