/**
 * `npm start`: starts nexus-cloud with embedded databases, builds and installs the extension, and opens
 * a sample workspace in desktop VS Code (if there is a `code` command) or in the browser.
 *
 * Profile, data and configuration are in `out/start`, separate from the user's own. Nothing is recorded
 * or shared without consent.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageVsix } from "./package.ts";
import { hasServer, installExtension, type ServerOptions, startServer } from "./vscode-server/server.ts";

const folder = fileURLToPath(new URL("../out/start", import.meta.url));
const sample = join(folder, "sample");
const dataFolder = join(folder, "vscode-data");
const extensionsFolder = join(folder, "vscode-extensions");
const env: NodeJS.ProcessEnv = {
  ...process.env,
  NEXUS_HOME: join(folder, "nexus"),
  XDG_CONFIG_HOME: join(folder, "config"),
};

const sampleReadme = `# Try Nexus Telemetry

1. Press F1 and run **Nexus: Telemetry Enable…**. Select what may be recorded. Nothing is recorded before that.
2. Open a terminal and run some commands, for example \`git status\`, \`ls /nowhere\`, \`sleep 2\`.
3. Run **Nexus: Open Dashboard**. It updates while you work.
4. To try sharing, open the **Sharing** tab. Its destination is the nexus-cloud on this machine. **Sync now** uploads; the ledger stores the receipt.
5. Export the stored data with **Nexus: Telemetry Export**, and delete it with **Nexus: Telemetry Purge**.
`;

async function makeSample(): Promise<void> {
  await mkdir(sample, { recursive: true });
  await writeFile(join(sample, "README.md"), sampleReadme);
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
  const main = fileURLToPath(new URL("../cloud/main.ts", import.meta.url));
  const cloudEnv = { ...process.env, NEXUS_CLOUD_DATA: join(folder, "cloud"), NEXUS_CLOUD_PORT: port };
  const cloud = spawn(process.execPath, [main, "serve"], { env: cloudEnv, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(cloud, "exit");
  let output = "";
  while (!output.includes("/metrics") && cloud.exitCode === null) {
    const [chunk] = await Promise.race([once(cloud.stdout, "data"), ended]);
    output += chunk;
  }
  cloud.stdout.resume();
  const [address = ""] = /http:\/\/[\d.]+:\d+/.exec(output) ?? [];
  return { cloud, address, metrics: /http:\S+\/metrics/.exec(output)?.[0] ?? "" };
}

/** Starts nexus-cloud on the same port each time, because consent names the destination. */
async function startCloud(): Promise<ChildProcess | undefined> {
  const portFile = join(folder, "cloud-port");
  const port = existsSync(portFile) ? readFileSync(portFile, "utf8") : "0";
  let { cloud, address, metrics } = await runCloud(port);
  // Another program may use the port now.
  if (address === "" && port !== "0") ({ cloud, address, metrics } = await runCloud("0"));
  if (address === "") {
    // The embedded ClickHouse exists only for Linux (glibc) and macOS.
    console.log("nexus-cloud did not start (see the error above). Sharing cannot be tried; everything else works.");
    return undefined;
  }
  writeFileSync(portFile, new URL(address).port);
  env["NEXUS_USAGE_UPLOAD_URL"] = `${address}/v1/telemetry/events`;
  console.log(
    `nexus-cloud listens on ${address} (metrics: ${metrics}). It receives data only if you consent to sharing.`,
  );
  return cloud;
}

/** Resolves on Ctrl+C, SIGTERM or SIGHUP. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

async function runDesktop(code: string, vsix: string): Promise<void> {
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
  console.log(`\nVS Code is open with the extension installed. Press F1 there and run "Nexus: Telemetry Enable…".`);
  console.log(`Data folder: ${folder}\nPress Ctrl+C to stop.\n`);
  await Promise.race([stopRequested(), closed]);
  if (editor.exitCode === null && editor.pid !== undefined && !shell) process.kill(-editor.pid, "SIGTERM");
}

async function runInBrowser(vsix: string): Promise<void> {
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
  console.log(`\nOpen this URL in a browser (it contains a secret token; do not share it):\n\n  ${address}\n`);
  console.log(`Then press F1 and run "Nexus: Telemetry Enable…". The README that opens shows the next steps.`);
  console.log(`Data folder: ${folder}\nPress Ctrl+C to stop.\n`);
  await stopped;
  await server.stop();
}

await makeSample();
console.log("Building and packaging the extension…");
const vsix = await packageVsix();
const cloud = await startCloud();
const code = desktopCode();
await (code === undefined ? runInBrowser(vsix) : runDesktop(code, vsix));
if (cloud !== undefined && cloud.exitCode === null) {
  const closed = new Promise((resolve) => cloud.once("exit", resolve));
  cloud.kill("SIGTERM");
  await closed;
}
console.log("Stopped.");
process.exit(0);
