/**
 * Installs what is missing before `npm start`, `npm test` and `npm run bench`. Uses no packages and
 * runs on Node 20.
 *
 * Steps: npm packages with Node 24; the VS Code server; Chromium; for tests also shells, PostgreSQL, a
 * Kafka broker and Python tools. A step that fails prints what to do; dependent tests are skipped.
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

const minNode = 20;

const print = (line) => process.stdout.write(`${line}\n`);

function digest(...files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

/** Returns whether a step was completed with the same inputs. */
function isMarked(mark, value) {
  return existsSync(mark) && readFileSync(mark, "utf8") === value;
}

/** Runs a command and prints dots meanwhile; prints its output only if it fails. */
function run(command, args, cwd = root, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, shell: windows, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const dots = setInterval(() => process.stdout.write("."), 2000);
    const finish = (error) => {
      clearInterval(dots);
      error === undefined ? resolve() : reject(error);
    };
    child.on("error", (error) => finish(new Error(`${command} cannot be started: ${error.message}`)));
    child.on("close", (code) =>
      finish(
        code === 0
          ? undefined
          : new Error(`${command} ${args.join(" ")} exited with code ${code}:\n${output.slice(-4000)}`),
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

/** Returns the folder of Node 24 from the npm package `node`, with headers. */
function nodeFolder() {
  const folder = join(root, "node_modules", "node", "node_modules");
  const candidates = existsSync(folder) ? readdirSync(folder).map((entry) => join(folder, entry)) : [];
  return candidates.find((candidate) => existsSync(join(candidate, "include", "node")));
}

const packages = {
  key: "packages",
  name: "npm packages and Node 24",
  mark: join(root, "node_modules", ".nexus-setup"),
  value: () => digest(join(root, "package-lock.json")),
  done() {
    return isMarked(this.mark, this.value()) && nodeFolder() !== undefined;
  },
  async install() {
    // Without --ignore-scripts, npm would compile better-sqlite3 although it has prebuilt binaries.
    await run("npm", ["ci", "--ignore-scripts"]);
    await run("npm", ["rebuild", "node", "esbuild"]);
    writeFileSync(this.mark, this.value());
  },
};

const server = {
  key: "server",
  name: "VS Code server",
  mark: join(serverFolder, "node_modules", ".nexus-setup"),
  value: () => digest(join(serverFolder, "package-lock.json")),
  done() {
    return isMarked(this.mark, this.value());
  },
  async install() {
    await run("npm", ["ci", "--ignore-scripts", "--omit=dev"], serverFolder);
    // The package has a shrinkwrap, which `npm ci` refuses and `npm install` follows.
    await run("npm", ["install", "--omit=dev", "--ignore-scripts", "--no-package-lock"], serverCode);
    await this.buildNative();
    writeFileSync(this.mark, this.value());
  },
  /** Without the native logger the server writes no log files, and tests could not search them. */
  async buildNative() {
    const tools = ["g++", "make", "python3"];
    if (!tools.every(has) && canUseApt()) await apt(...tools);
    const missing = tools.filter((tool) => !has(tool));
    if (missing.length > 0) {
      throw new Error(
        `${missing.join(", ")} not found. Install them; they build the native part of the VS Code server.`,
      );
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
      throw new Error(`no browser found (${browsers.join(", ")}). Install one, or set NEXUS_CHROMIUM to its path.`);
    }
    await apt("chromium", "fonts-dejavu-core");
  },
};

/** For CLI tests: a terminal, the shells with completions, and other implementations of awk. */
const terminals = {
  key: "terminals",
  name: "tmux, zsh, fish and awk variants",
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

/** For tests of nexus-cloud with an external PostgreSQL; by default it uses an embedded one. */
const postgres = {
  key: "postgres",
  name: "PostgreSQL",
  done: () => process.env.npm_lifecycle_event !== "pretest" || existsSync("/usr/lib/postgresql"),
  async install() {
    if (!canUseApt()) throw new Error("/usr/lib/postgresql not found. Install the PostgreSQL server.");
    await apt("postgresql");
  },
};

/** A Kafka broker from Maven Central, verified by SHA-256, and a Java runtime. */
const kafka = {
  key: "kafka",
  name: "Kafka broker for tests",
  folder: join(root, "out", "kafka"),
  mark: join(root, "out", "kafka", ".nexus-setup"),
  list: join(root, "cloud", "test", "kafka-jars.json"),
  value() {
    return digest(this.list);
  },
  done() {
    const isNeeded = ["pretest", "prebench"].includes(process.env.npm_lifecycle_event ?? "");
    return !isNeeded || (isMarked(this.mark, this.value()) && has("java"));
  },
  async install() {
    if (!has("java")) {
      if (!canUseApt()) throw new Error("java not found. Install Java 17 or newer.");
      await apt("default-jre-headless");
    }
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    const { repository, jars } = JSON.parse(readFileSync(this.list, "utf8"));
    for (const [path, expected] of Object.entries(jars)) {
      const response = await fetch(`${repository}/${path}`);
      if (!response.ok) throw new Error(`${repository}/${path}: HTTP ${response.status}`);
      const bytes = Buffer.from(await response.arrayBuffer());
      const actual = createHash("sha256").update(bytes).digest("hex");
      if (actual !== expected) throw new Error(`${path}: SHA-256 mismatch (${actual})`);
      writeFileSync(join(this.folder, path.split("/").at(-1)), bytes);
    }
    writeFileSync(this.mark, this.value());
  },
};

/** A virtual environment for testing and packaging the Python SDK. */
const python = {
  key: "python",
  name: "Python tools for tests",
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
    const createEnvironment = () => run("python3", ["-m", "venv", this.folder]);
    try {
      await createEnvironment();
    } catch (error) {
      if (!canUseApt()) throw error;
      await apt("python3", "python3-venv");
      await createEnvironment();
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
if (major < minNode) {
  print(`Node ${process.versions.node} is too old. Install Node ${minNode} or newer.`);
  process.exit(2);
}
mkdirSync(join(root, "node_modules"), { recursive: true });
/** `node scripts/setup.mjs packages` runs only that step. */
const selected = process.argv.slice(2);
let missing = 0;
for (const step of [packages, server, browser, terminals, postgres, kafka, python]) {
  if ((selected.length > 0 && !selected.includes(step.key)) || step.done()) continue;
  process.stdout.write(`Set-up: installing ${step.name} `);
  const startedMs = Date.now();
  try {
    if (step.mark !== undefined) rmSync(step.mark, { force: true });
    await step.install();
    print(` done in ${Math.round((Date.now() - startedMs) / 1000)} s`);
  } catch (error) {
    print(`\nSet-up: cannot install ${step.name}: ${error.message}`);
    // Nothing runs without the packages; without the rest, some tests are skipped.
    if (step === packages) process.exit(1);
    missing += 1;
  }
}
if (missing > 0) print("Set-up: continuing. Tests that need a missing component are skipped.");
