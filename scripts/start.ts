/**
 * `npm start`: starts nexus-cloud with embedded databases, builds and installs the extension, and opens
 * a sample workspace in desktop VS Code (if there is a `code` command) or in the browser. `--demo` opens it with a year of
 * invented work and recording on.
 *
 * Profile, data and configuration are in `out/start`, separate from the user's own. Nothing is recorded
 * or shared without consent. Everything but the address goes into a log file.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants, createWriteStream, existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createDemo } from "./start/demo.ts";
import { hasServer, installExtension, type ServerOptions, startServer } from "./vscode-server/server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { demo = false } = parseArgs({ options: { demo: { type: "boolean" } } }).values;
/** The demo has a profile of its own. */
const folder = join(root, "out", demo ? "start-demo" : "start");
const sample = join(folder, "sample");
const dataFolder = join(folder, "vscode-data");
const extensionsFolder = join(folder, "vscode-extensions");
const nexusHome = join(folder, "nexus");
const configHome = join(folder, "config");
const env: NodeJS.ProcessEnv = { ...process.env, NEXUS_HOME: nexusHome, XDG_CONFIG_HOME: configHome };

const sampleReadme = `# Try Nexus Telemetry

1. Press F1 and run **Nexus: Open Dashboard**. It shows sample data: click through it. Nothing is recorded.
2. Press **Choose what to record**, and choose.
3. Open a terminal and run some commands, for example \`git status\`, \`ls /nowhere\`, \`sleep 2\`. They appear at once.
4. To try sharing, open **Data & privacy**, **Sharing**. Its destination is the nexus-cloud on this machine. **Sync now** uploads; the ledger stores the receipt.
5. Export the stored data with **Nexus: Telemetry Export**, and delete it with **Nexus: Telemetry Purge**.
`;

await mkdir(sample, { recursive: true });
const logFile = join(folder, "start.log");
const log = createWriteStream(logFile);
await once(log, "open");

function say(text: string): void {
  console.log(text);
  log.write(`${text}\n`);
}

/** Prints lines in a frame. */
function box(lines: readonly string[]): void {
  const width = Math.max(...lines.map((line) => line.length));
  const rule = "─".repeat(width + 2);
  console.log(`\n┌${rule}┐\n${lines.map((line) => `│ ${line.padEnd(width)} │`).join("\n")}\n└${rule}┘\n`);
}

/** Builds the package in a process of its own, whose output goes into the log. @throws with the last lines of its output */
async function packageExtension(): Promise<string> {
  const child = spawn(process.execPath, [join(root, "scripts", "package.ts")], { cwd: root });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
      log.write(chunk);
    });
  const [code] = await once(child, "close");
  const vsix = /^\/.*\.vsix$|^[A-Z]:\\.*\.vsix$/m.exec(output)?.[0];
  if (code === 0 && vsix !== undefined) return vsix;
  throw new Error(`The extension was not built:\n${output.split("\n").slice(-15).join("\n")}`);
}

function desktopCode(): string | undefined {
  const names = process.platform === "win32" ? ["code.cmd"] : ["code"];
  const candidates = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((path) => names.map((name) => join(path, name)));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

interface Cloud {
  readonly cloud: ChildProcess;
  readonly address: string;
  /** URL of the Prometheus metrics. */
  readonly metrics: string;
}

/** Starts nexus-cloud on a port; the address is empty if it exited. */
async function runCloud(port: string): Promise<Cloud> {
  const main = join(root, "cloud", "main.ts");
  const cloudEnv = { ...process.env, NEXUS_CLOUD_DATA: join(folder, "cloud"), NEXUS_CLOUD_PORT: port };
  const cloud = spawn(process.execPath, [main, "serve"], { env: cloudEnv, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(cloud, "exit");
  let output = "";
  cloud.stderr.on("data", (chunk: Buffer) => log.write(chunk));
  cloud.stdout.on("data", (chunk: Buffer) => log.write(chunk));
  while (!output.includes("/metrics") && cloud.exitCode === null) {
    const [chunk] = await Promise.race([once(cloud.stdout, "data"), ended]);
    output += chunk;
  }
  const [address = ""] = /http:\/\/[\d.]+:\d+/.exec(output) ?? [];
  return { cloud, address, metrics: /http:\S+\/metrics/.exec(output)?.[0] ?? "" };
}

/** Starts nexus-cloud on the same port each time, because consent names the destination. */
async function startCloud(): Promise<Cloud | undefined> {
  const portFile = join(folder, "cloud-port");
  const port = existsSync(portFile) ? readFileSync(portFile, "utf8") : "0";
  let started = await runCloud(port);
  // Another program may use the port now.
  if (started.address === "" && port !== "0") started = await runCloud("0");
  if (started.address === "") {
    // The embedded ClickHouse exists only for Linux (glibc) and macOS.
    say(`nexus-cloud did not start (see ${relative(root, logFile)}). Sharing cannot be tried; everything else works.`);
    return undefined;
  }
  writeFileSync(portFile, new URL(started.address).port);
  env["NEXUS_USAGE_UPLOAD_URL"] = `${started.address}/v1/telemetry/events`;
  return started;
}

/** Resolves on Ctrl+C, SIGTERM or SIGHUP. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

/** What is the same in both editors. */
const common = (cloud: Cloud | undefined): readonly string[] => [
  demo
    ? "Try:    F1, Nexus: Open Dashboard (a year of invented work, recording is on)"
    : "Try:    F1, Nexus: Open Dashboard (sample data; nothing is recorded yet)",
  ...(cloud === undefined ? [] : [`Cloud:  ${cloud.address} (metrics: ${cloud.metrics})`]),
  `Log:    ${relative(root, logFile)}`,
  "Stop:   Press Ctrl+C to stop",
];

async function runDesktop(code: string, vsix: string, cloud: Cloud | undefined): Promise<void> {
  const folders = [`--user-data-dir=${dataFolder}`, `--extensions-dir=${extensionsFolder}`];
  const shell = process.platform === "win32";
  const installed = spawnSync(code, [...folders, "--install-extension", vsix, "--force"], {
    env,
    shell,
    encoding: "utf8",
  });
  if (installed.status !== 0)
    throw new Error(`The extension was not installed:\n${installed.stdout}${installed.stderr}`);
  const editor: ChildProcess = spawn(code, [...folders, "--new-window", "--wait", sample], {
    env,
    shell,
    stdio: "ignore",
    detached: !shell,
  });
  const closed = new Promise<void>((resolve) => editor.once("exit", () => resolve()));
  box(["Nexus Telemetry is installed in the VS Code window that opens.", "", ...common(cloud)]);
  await Promise.race([stopRequested(), closed]);
  if (editor.exitCode === null && editor.pid !== undefined && !shell) process.kill(-editor.pid, "SIGTERM");
}

async function runInBrowser(vsix: string, cloud: Cloud | undefined): Promise<void> {
  if (!hasServer())
    throw new Error("Neither desktop VS Code nor the VS Code server is installed (see the set-up messages above).");
  const connectionToken = randomBytes(24).toString("hex");
  const options: ServerOptions = {
    dataFolder,
    extensionsFolder,
    settings: {
      "workbench.startupEditor": "readme",
      "workbench.secondarySideBar.defaultVisibility": "hidden",
      "chat.disableAIFeatures": true,
      "git.openRepositoryInParentFolders": "never",
    },
    env,
    connectionToken,
    testDriver: false,
  };
  installExtension(vsix, options);
  const server = await startServer(options);
  const stopped = stopRequested();
  const address = `${server.url}?tkn=${connectionToken}&folder=${encodeURIComponent(sample)}`;
  box(["VS Code with Nexus Telemetry is ready. Open the address below in a browser.", "", ...common(cloud)]);
  // Outside the frame, so that it can be selected as a whole.
  console.log(`  ${address}\n\n  (It contains a secret token; do not share it.)\n`);
  await stopped;
  await server.stop();
}

await writeFile(join(sample, "README.md"), sampleReadme);
say("Building the extension…");
const vsix = await packageExtension();
if (demo) {
  say("Recording a year of invented work…");
  createDemo(nexusHome, configHome);
}
say("Starting nexus-cloud and VS Code…");
const started = await startCloud();
const code = desktopCode();
await (code === undefined ? runInBrowser(vsix, started) : runDesktop(code, vsix, started));
const cloud = started?.cloud;
if (cloud !== undefined && cloud.exitCode === null) {
  const closed = new Promise((resolve) => cloud.once("exit", resolve));
  cloud.kill("SIGTERM");
  await closed;
}
console.log("Stopped.");
process.exit(0);
