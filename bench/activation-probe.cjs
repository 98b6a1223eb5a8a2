/**
 * Activates the extension (first argument) and prints the milliseconds of `activate()`, and of
 * `activate()` plus the work after the consent file is read. The time of reading is excluded. A
 * copy (second argument) is activated first, because a real extension host has warmed up Node too.
 */
"use strict";
const Module = require("node:module");
const { readFile: realReadFile } = require("node:fs/promises");

const disposable = { dispose() {} };
class EventEmitter {
  #listeners = [];
  event = (listener) => {
    this.#listeners.push(listener);
    return disposable;
  };
  fire(value) {
    for (const listener of this.#listeners) listener(value);
  }
  dispose() {}
}
const listen = () => disposable;
const channel = { info() {}, warn() {}, show() {}, dispose() {} };
const editor = {
  Disposable: { from: () => disposable },
  EventEmitter,
  ExtensionMode: { Production: 1, Development: 2 },
  MarkdownString: class {
    appendMarkdown() {}
    appendText() {}
  },
  StatusBarAlignment: { Left: 1 },
  Uri: {},
  commands: { registerCommand: listen, executeCommand: async () => undefined },
  debug: { onDidStartDebugSession: listen, onDidTerminateDebugSession: listen },
  l10n: { bundle: undefined },
  env: { isTelemetryEnabled: true, onDidChangeTelemetryEnabled: listen, appName: "", uriScheme: "vscode" },
  window: {
    createOutputChannel: () => channel,
    createStatusBarItem: () => ({ show() {}, dispose() {} }),
    onDidChangeActiveTextEditor: listen,
    onDidChangeWindowState: listen,
    onDidEndTerminalShellExecution: listen,
    onDidStartTerminalShellExecution: listen,
    registerTreeDataProvider: listen,
    registerWebviewPanelSerializer: listen,
    state: { focused: true, active: true },
  },
  tasks: { onDidStartTask: listen, onDidEndTask: listen, onDidEndTaskProcess: listen },
  workspace: {
    getConfiguration: () => ({ get: (_, otherwise) => otherwise }),
    onDidChangeConfiguration: listen,
    onDidChangeWorkspaceFolders: listen,
    onDidSaveTextDocument: listen,
  },
};

/** The part of `ExtensionContext` that the extension uses. */
const context = () => ({
  subscriptions: [],
  extensionPath: "/",
  extensionUri: {},
  extensionMode: 1,
  extension: { packageJSON: { version: "0.0.0" } },
  environmentVariableCollection: new Map(),
  globalState: { get: (_, otherwise) => otherwise, update: async () => undefined, keys: () => [] },
});

/** Activates the extension at `main`. Resolves with the milliseconds of the call, and in total. */
async function activate(main, read) {
  let start;
  const continued = new Promise((resolve) => {
    start = resolve;
  });
  readFile = () => continued.then(read);
  const extension = require(main);
  const before = performance.now();
  extension.activate(context());
  const activatedMs = performance.now() - before;
  await new Promise(setImmediate);
  const resumed = performance.now();
  start();
  // The work after the read runs in microtasks of the same event loop iteration.
  for (let hop = 0; hop < 50; hop += 1) await null;
  return { activatedMs, totalMs: activatedMs + performance.now() - resumed };
}

let readFile;
const load = Module._load;
Module._load = (request, ...rest) => {
  if (request === "vscode") return editor;
  if (request === "node:fs/promises") return { readFile: (...args) => readFile(...args) };
  return load(request, ...rest);
};

async function probe() {
  const [main, earlier] = process.argv.slice(2);
  // Read the consent file before timing; the extension gets its text immediately.
  const record = `${process.env.HOME}/.config/nexus/consent.jsonl`;
  const text = await realReadFile(record, "utf8").catch((error) => error);
  const read = () => (typeof text === "string" ? text : Promise.reject(text));
  await activate(earlier, read);
  const times = await activate(main, read);
  process.stdout.write(JSON.stringify(times));
}

void probe();
