/**
 * `npm start`: the whole product. Starts nexus-cloud with embedded engines, builds and packages the extension, installs it, and opens a
 * sample workspace in VS Code: the desktop's where there is a `code` command, else VS Code in the browser. Sharing stays off until the user
 * agrees to it. Ctrl-C ends everything it started.
 *
 * It is a trial: editor profile, data and configuration lie under `out/start`, apart from the user's own.
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

const whatToTry = `# Try Nexus Telemetry

1. Press F1 and run **Nexus: Telemetry Enable…**. Tick what may be recorded. Nothing is recorded before that.
2. Open a terminal and run a few commands, for example \`git status\`, \`ls /nowhere\`, \`sleep 2\`.
3. Run **Nexus: Open Dashboard**. The page follows as you go on.
4. Share, if you like: the page's tab **Sharing** names this machine's own nexus-cloud as the destination. **Sync now** sends; its receipt is kept.
5. Look at what is stored with **Nexus: Telemetry Export**, and delete it with **Nexus: Telemetry Purge**.
`;

async function makeSample(): Promise<void> {
  await mkdir(sample, { recursive: true });
  await writeFile(join(sample, "README.md"), whatToTry);
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
  /** Where its metrics are. */
  readonly metrics: string;
}

/** Runs nexus-cloud on a port; resolves with its address, or none where it ended. */
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

/**
 * The product team's side on this machine, with engines of its own. Nothing reaches it before the user agrees to share. Its port stays the same,
 * since the consent names it.
 */
async function startCloud(): Promise<ChildProcess | undefined> {
  const portFile = join(folder, "cloud-port");
  const port = existsSync(portFile) ? readFileSync(portFile, "utf8") : "0";
  let { cloud, address, metrics } = await runCloud(port);
  // Somebody else may have it by now.
  if (address === "" && port !== "0") ({ cloud, address, metrics } = await runCloud("0"));
  if (address === "") {
    // Its embedded engine is there for Linux (glibc) and macOS alone; the rest of the product does not need it.
    console.log("nexus-cloud did not start; it says above why. Everything else is there.");
    return undefined;
  }
  writeFileSync(portFile, new URL(address).port);
  env["NEXUS_USAGE_UPLOAD_URL"] = `${address}/v1/telemetry/events`;
  console.log(
    `nexus-cloud listens on ${address} (metrics: ${metrics}). Nothing is sent to it unless you agree to share.`,
  );
  return cloud;
}

/** Resolves at Ctrl-C, or when the process is asked to end. */
function confirmed(): Promise<void> {
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
    throw new Error(`the extension was not installed:\n${installed.stdout}${installed.stderr}`);
  const editor: ChildProcess = spawn(code, [...folders, "--new-window", "--wait", sample], {
    env,
    shell,
    stdio: "ignore",
    detached: !shell,
  });
  const closed = new Promise<void>((resolve) => editor.once("exit", () => resolve()));
  console.log(`\nVS Code is open with the extension installed. Press F1 there and run "Nexus: Telemetry Enable…".`);
  console.log(`Data of this trial: ${folder}\nCtrl-C ends it.\n`);
  await Promise.race([confirmed(), closed]);
  if (editor.exitCode === null && editor.pid !== undefined && !shell) process.kill(-editor.pid, "SIGTERM");
}

async function runInBrowser(vsix: string): Promise<void> {
  if (!hasServer())
    throw new Error("neither desktop VS Code nor its server host is here; set-up says above what is missing");
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
  const ended = confirmed();
  const address = `${server.url}?tkn=${connectionToken}&folder=${encodeURIComponent(sample)}`;
  console.log(`\nOpen this address in a browser (its token is new each time; keep it to yourself):\n\n  ${address}\n`);
  console.log(`Then press F1 and run "Nexus: Telemetry Enable…"; the README that opens says what to try next.`);
  console.log(`Data of this trial: ${folder}\nCtrl-C ends it.\n`);
  await ended;
  await server.stop();
}

await makeSample();
console.log("building and packaging the extension …");
const vsix = await packageVsix();
const cloud = await startCloud();
const code = desktopCode();
await (code === undefined ? runInBrowser(vsix) : runDesktop(code, vsix));
if (cloud !== undefined && cloud.exitCode === null) {
  const closed = new Promise((resolve) => cloud.once("exit", resolve));
  cloud.kill("SIGTERM");
  await closed;
}
console.log("ended");
process.exit(0);
