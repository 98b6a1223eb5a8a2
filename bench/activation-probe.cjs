/**
 * Activates the extension named first on the command line and prints its milliseconds: of `activate()` itself, and with
 * what it does when the consent record has been read (the waiting for the disk between the two is not the extension's).
 * A copy of it, named second, is activated before: an editor's extension host has long been running as well, and has
 * used the platform's functions before.
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
  MarkdownString: class {
    appendMarkdown() {}
    appendText() {}
  },
  StatusBarAlignment: { Left: 1 },
  Uri: {},
  commands: { registerCommand: listen },
  debug: { onDidStartDebugSession: listen, onDidTerminateDebugSession: listen },
  env: { isTelemetryEnabled: true, onDidChangeTelemetryEnabled: listen, appName: "", uriScheme: "vscode" },
  window: {
    createOutputChannel: () => channel,
    createStatusBarItem: () => ({ show() {}, dispose() {} }),
    onDidChangeActiveTextEditor: listen,
    onDidChangeWindowState: listen,
    onDidEndTerminalShellExecution: listen,
    onDidStartTerminalShellExecution: listen,
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

/** What an editor hands an extension, as far as this one looks at it. */
const context = () => ({
  subscriptions: [],
  extensionPath: "/",
  extensionUri: {},
  extension: { packageJSON: { version: "0.0.0" } },
  environmentVariableCollection: new Map(),
  globalState: { get: (_, otherwise) => otherwise, update: async () => undefined, keys: () => [] },
});

/** Activates the extension at `main` and resolves with its own milliseconds: of the call, and of all that follows. */
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
  // What follows the reading runs in the same turn of the loop, a few promises further on.
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
  // The consent record is read before anything is timed, and the extension gets its text at once.
  const record = `${process.env.HOME}/.config/nexus/consent.jsonl`;
  const text = await realReadFile(record, "utf8").catch((error) => error);
  const read = () => (typeof text === "string" ? text : Promise.reject(text));
  await activate(earlier, read);
  const times = await activate(main, read);
  process.stdout.write(JSON.stringify(times));
}

void probe();
