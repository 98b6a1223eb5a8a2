/**
 * Installs what is missing before `npm start`, `npm test` and `npm run bench`, and nothing else. It uses no package and runs on Node 20.
 *
 * Steps: the project's packages with Node 24 among them; VS Code's server host; Chromium; for tests a terminal, shells, PostgreSQL, a Kafka
 * broker and Python's tools. Each knows whether it is done. What cannot be installed here is named, with what to do; the tests that need it then report themselves skipped.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const serverFolder = join(root, "scripts", "vscode-server");
const serverCode = join(serverFolder, "node_modules", "code-server", "lib", "vscode");
const windows = process.platform === "win32";

const oldestNode = 20;

const say = (line) => process.stdout.write(`${line}\n`);

function digest(...files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

/** A mark left by a finished step: it holds as long as the files it was made from are the same. */
function isMarked(mark, value) {
  return existsSync(mark) && readFileSync(mark, "utf8") === value;
}

/** Runs a command, prints a dot while it works, and its output only where it fails. */
function run(command, args, cwd = root, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, shell: windows, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const dots = setInterval(() => process.stdout.write("."), 2000);
    const ended = (error) => {
      clearInterval(dots);
      error === undefined ? resolve() : reject(error);
    };
    child.on("error", (error) => ended(new Error(`${command} cannot be started: ${error.message}`)));
    child.on("close", (code) =>
      ended(
        code === 0 ? undefined : new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output.slice(-4000)}`),
      ),
    );
  });
}

const has = (command) => spawnSync(windows ? "where" : "which", [command], { stdio: "ignore" }).status === 0;
const canUseApt = () => !windows && has("apt-get") && process.getuid?.() === 0;

async function apt(...packages) {
  const quiet = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], root, quiet);
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], root, quiet);
}

/** The folder of Node 24 that the package `node` brought, headers included. */
function nodeFolder() {
  const folder = join(root, "node_modules", "node", "node_modules");
  const brought = existsSync(folder) ? readdirSync(folder).map((entry) => join(folder, entry)) : [];
  return brought.find((candidate) => existsSync(join(candidate, "include", "node")));
}

const packages = {
  key: "packages",
  name: "the project's packages and Node 24",
  mark: join(root, "node_modules", ".nexus-setup"),
  value: () => digest(join(root, "package-lock.json")),
  done() {
    return isMarked(this.mark, this.value()) && nodeFolder() !== undefined;
  },
  async install() {
    // With scripts, npm would build better-sqlite3 from source and fetch headers for it; its binary comes prebuilt.
    await run("npm", ["ci", "--ignore-scripts"]);
    await run("npm", ["rebuild", "node", "esbuild"]);
    writeFileSync(this.mark, this.value());
  },
};

const server = {
  key: "server",
  name: "VS Code's server host",
  mark: join(serverFolder, "node_modules", ".nexus-setup"),
  value: () => digest(join(serverFolder, "package-lock.json")),
  done() {
    return isMarked(this.mark, this.value());
  },
  async install() {
    await run("npm", ["ci", "--ignore-scripts", "--omit=dev"], serverFolder);
    // Its own lock is a shrinkwrap, which `npm ci` refuses; `npm install` obeys it.
    await run("npm", ["install", "--omit=dev", "--ignore-scripts", "--no-package-lock"], serverCode);
    await this.buildNative();
    writeFileSync(this.mark, this.value());
  },
  /** Without its native log the server writes no log files, and a search of the logs would search nothing. */
  async buildNative() {
    const tools = ["g++", "make", "python3"];
    if (!tools.every(has) && canUseApt()) await apt(...tools);
    const missing = tools.filter((tool) => !has(tool));
    if (missing.length > 0) {
      throw new Error(`${missing.join(", ")} not found. They build the native part of VS Code's server; install them.`);
    }
    await run("npm", ["rebuild", "@vscode/spdlog", "@vscode/native-watchdog", `--nodedir=${nodeFolder()}`], serverCode);
  },
};

const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];

const browser = {
  key: "browser",
  name: "Chromium",
  done: () => process.env.NEXUS_CHROMIUM !== undefined || browsers.some(has),
  async install() {
    if (!canUseApt()) {
      throw new Error(`no browser found (${browsers.join(", ")}). Install one, or name it in NEXUS_CHROMIUM.`);
    }
    await apt("chromium", "fonts-dejavu-core");
  },
};

/** What the command is tested in: a terminal, and the shells that it has completions for. */
const terminals = {
  key: "terminals",
  name: "tmux, zsh, fish and the awks of other systems",
  programs: ["tmux", "zsh", "fish", "mawk", "gawk", "original-awk", "busybox"],
  done() {
    return process.env.npm_lifecycle_event !== "pretest" || this.programs.every(has);
  },
  async install() {
    const missing = this.programs.filter((program) => !has(program));
    if (!canUseApt()) throw new Error(`${missing.join(", ")} not found. Install them.`);
    await apt(...missing);
  },
};

/** The server that the cloud's totals lie in, beside the one in its process. */
const postgres = {
  key: "postgres",
  name: "PostgreSQL",
  done: () => process.env.npm_lifecycle_event !== "pretest" || existsSync("/usr/lib/postgresql"),
  async install() {
    if (!canUseApt()) throw new Error("no /usr/lib/postgresql. Install PostgreSQL's server.");
    await apt("postgresql");
  },
};

/** A broker for the log of nexus-cloud: jars of Maven Central, each known by its digest, and a Java that runs them. */
const kafka = {
  key: "kafka",
  name: "a Kafka broker for tests",
  folder: join(root, "out", "kafka"),
  mark: join(root, "out", "kafka", ".nexus-setup"),
  list: join(root, "cloud", "test", "kafka-jars.json"),
  value() {
    return digest(this.list);
  },
  done() {
    const isAsked = ["pretest", "prebench"].includes(process.env.npm_lifecycle_event ?? "");
    return !isAsked || (isMarked(this.mark, this.value()) && has("java"));
  },
  async install() {
    if (!has("java")) {
      if (!canUseApt()) throw new Error("java not found. Install a Java runtime of version 17 or newer.");
      await apt("default-jre-headless");
    }
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    const { repository, jars } = JSON.parse(readFileSync(this.list, "utf8"));
    for (const [path, expected] of Object.entries(jars)) {
      const answer = await fetch(`${repository}/${path}`);
      if (!answer.ok) throw new Error(`${repository}/${path} was answered with ${answer.status}`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const found = createHash("sha256").update(bytes).digest("hex");
      if (found !== expected) throw new Error(`${path} is not what it should be (SHA-256 ${found})`);
      writeFileSync(join(this.folder, path.split("/").at(-1)), bytes);
    }
    writeFileSync(this.mark, this.value());
  },
};

/** What the Python SDK is tested and packaged with, in a folder of its own. */
const python = {
  key: "python",
  name: "Python's tools for tests",
  folder: join(root, "out", "python"),
  mark: join(root, "out", "python", ".nexus-setup"),
  requirements: join(root, "sdk", "python", "requirements-dev.txt"),
  value() {
    return digest(this.requirements);
  },
  done() {
    return (
      !["pretest", "prebench"].includes(process.env.npm_lifecycle_event ?? "") || isMarked(this.mark, this.value())
    );
  },
  async install() {
    rmSync(this.folder, { recursive: true, force: true });
    const make = () => run("python3", ["-m", "venv", this.folder]);
    try {
      await make();
    } catch (error) {
      if (!canUseApt()) throw error;
      await apt("python3", "python3-venv");
      await make();
    }
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--require-hashes",
      "-r",
      this.requirements,
    ];
    await run(join(this.folder, windows ? "Scripts" : "bin", "python"), pip);
    writeFileSync(this.mark, this.value());
  },
};

const major = Number(process.versions.node.split(".")[0]);
if (major < oldestNode) {
  say(`Node ${process.versions.node} is too old: install Node ${oldestNode} or newer and try again.`);
  process.exit(2);
}
mkdirSync(join(root, "node_modules"), { recursive: true });
/** `node scripts/setup.mjs packages` does that step alone. */
const asked = process.argv.slice(2);
let missing = 0;
for (const step of [packages, server, browser, terminals, postgres, kafka, python]) {
  if ((asked.length > 0 && !asked.includes(step.key)) || step.done()) continue;
  process.stdout.write(`set-up: installing ${step.name} `);
  const startedMs = Date.now();
  try {
    if (step.mark !== undefined) rmSync(step.mark, { force: true });
    await step.install();
    say(` done in ${Math.round((Date.now() - startedMs) / 1000)} s`);
  } catch (error) {
    say(`\nset-up: cannot install ${step.name}: ${error.message}`);
    // Without the packages nothing runs; without the others some tests are reported as skipped.
    if (step === packages) process.exit(1);
    missing += 1;
  }
}
if (missing > 0) say("set-up: continuing without what is missing; what needs it will say so.");
