/** One build for everything that ships: extension, its lazily loaded client, worker, page. `npm run build`. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { overdueReviews } from "./scripts/overdue-reviews.ts";

const overdue = overdueReviews(new Date());
if (overdue.length > 0) {
  console.error(
    `The review of these fields is overdue: ${overdue.join(", ")}.\n` +
      "Decide whether each is still needed, then set its new month in shared/schema/fields.ts.",
  );
  process.exit(1);
}

const { version } = JSON.parse(await readFile("package.json", "utf8"));

/** The oldest host: VS Code 1.101 runs extensions on Node 22.15; its webviews are Chromium 134. */
const node = { platform: "node", target: "node22.15", format: "cjs", mainFields: ["module", "main"] };

const common = {
  bundle: true,
  minify: true,
  sourcemap: false,
  logLevel: "warning",
  legalComments: "none",
  metafile: true,
  loader: { ".awk": "text" },
};

/** A module in a bundle of its own, which others require from `path`. */
const unlessEntry =
  (path) =>
  ({ kind }) =>
    kind === "entry-point" ? undefined : { path, external: true };

/** The product, the faces and the client library stay out of the main bundle: files of their own, required when needed. */
const lazy = {
  name: "lazy",
  setup(build) {
    build.onResolve({ filter: /\/ui\/ui\.ts$/ }, unlessEntry("./ui.cjs"));
    build.onResolve({ filter: /^\.\/app\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./app.cjs", external: true } : undefined,
    );
    // The command itself, behind the check of Node's version.
    build.onResolve({ filter: /^\.\/program\.ts$/ }, unlessEntry("./program.mjs"));
    // The HTTP library, which most workers never need; worker and command share it.
    build.onResolve({ filter: /\/undici-client\.ts$/ }, unlessEntry("../worker/undici-client.cjs"));
    // The vocabulary of commands, which is large: worker and command share it too.
    build.onResolve({ filter: /\/vocabulary\/commands\.json$/ }, unlessEntry("../worker/commands.json"));
    build.onResolve({ filter: /\/worker\/client\.ts$/ }, unlessEntry("./worker-client.cjs"));
  },
};

/** Parts of libraries that are never used and cost: commander's way to subcommands that are programs, ink's to a debugger. */
const leftOut = {
  name: "left-out",
  setup(build) {
    const none = ({ importer }) =>
      /[\\/](?:commander|ink)[\\/]/.test(importer) ? { path: "none", namespace: "left-out" } : undefined;
    build.onResolve({ filter: /^node:child_process$|^\.\/devtools\.js$/ }, none);
    build.onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "module.exports = {}" }));
  },
};

/** Features of the client library that are left out. */
const unusedFeatures = new Set([
  "callHierarchy",
  "codeAction",
  "codeLens",
  "colorProvider",
  "completion",
  "configuration",
  "declaration",
  "definition",
  "diagnostic",
  "documentHighlight",
  "documentLink",
  "documentSymbol",
  "executeCommand",
  "fileOperations",
  "fileSystemWatcher",
  "foldingRange",
  "formatting",
  "hover",
  "implementation",
  "inlayHint",
  "inlineCompletion",
  "inlineValue",
  "linkedEditingRange",
  "notebook",
  "progress",
  "reference",
  "rename",
  "selectionRange",
  "semanticTokens",
  "signatureHelp",
  "textDocumentContent",
  "typeDefinition",
  "typeHierarchy",
  "workspaceFolder",
  "workspaceSymbol",
]);

/** Of undici only requests and their agents are used: no fetch, web sockets, caches or mocks, which are most of it, and
 * its parser once: the one that every processor runs. The client library likewise. */
const unusedParts = {
  name: "unused-parts",
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ path, importer }) =>
      /[\\/]undici[\\/]/.test(importer) && /[\\/](?:web|mock|cache|interceptor)[\\/]|llhttp_simd/.test(path)
        ? { path: "unused", namespace: "unused" }
        : undefined,
    );
    // What an editor and a language server say of documents. Ours speaks of none; `QuietClient` registers none of it.
    build.onResolve({ filter: /^\.\// }, ({ path, importer }) =>
      /[\\/]vscode-languageclient[\\/]lib[\\/]common[\\/]/.test(importer) && unusedFeatures.has(path.slice(2))
        ? { path: "unused", namespace: "unused" }
        : undefined,
    );
    // Patterns of files, by which a language server may ask to be told of them. Ours does not.
    build.onResolve({ filter: /^minimatch$/ }, () => ({ path: "unused", namespace: "unused" }));
    // The sketches' own wire format.
    build.onResolve({ filter: /proto\/compiled/ }, () => ({ path: "unused", namespace: "unused" }));
    // Whatever is taken from it at start-up is a class, and never used.
    build.onLoad({ filter: /./, namespace: "unused" }, () => ({
      contents: "module.exports = new Proxy({}, { get: () => class {} })",
    }));
  },
};

await rm("dist", { recursive: true, force: true });
// The page comes first: its script and style become part of the document that the extension makes.
const page = await build({
  ...common,
  entryPoints: { dashboard: "webview/main.ts", "dashboard-style": "webview/dashboard.css" },
  outdir: "dist",
  platform: "browser",
  target: "chrome134",
  format: "iife",
  write: false,
});
await mkdir("dist");
for (const { path, contents } of page.outputFiles) await writeFile(path, contents);
const textOf = (name) => JSON.stringify(page.outputFiles.find(({ path }) => path.endsWith(name))?.text);

const built = await Promise.all([
  build({
    ...common,
    ...node,
    entryPoints: {
      extension: "extension/main.ts",
      app: "extension/app.ts",
      ui: "extension/ui/ui.ts",
    },
    outExtension: { ".js": ".cjs" },
    outdir: "dist",
    external: ["vscode"],
    supported: { "dynamic-import": false },
    plugins: [lazy],
    define: { __DASHBOARD_SCRIPT__: textOf("dashboard.js"), __DASHBOARD_STYLE__: textOf("dashboard-style.css") },
  }),
  build({
    ...common,
    ...node,
    entryPoints: { "worker-client": "extension/worker/client.ts" },
    outExtension: { ".js": ".cjs" },
    outdir: "dist",
    plugins: [unusedParts],
    external: ["vscode"],
  }),
  build({
    ...common,
    ...node,
    entryPoints: { worker: "server/main.ts", "undici-client": "server/upload/http/undici-client.ts" },
    outExtension: { ".js": ".cjs" },
    supported: { "dynamic-import": false },
    plugins: [lazy, unusedParts],
    // A folder deeper: better-sqlite3 finds its binaries in `../prebuilds`, as it does in its own package.
    outdir: "dist/worker",
    define: { __VERSION__: JSON.stringify(version) },
  }),
  build({
    ...common,
    ...node,
    // It is understood by every Node, so that it can say which is too old.
    target: "node14",
    entryPoints: { nexus: "cli/main.ts", uninstall: "cli/uninstall.ts" },
    outExtension: { ".js": ".cjs" },
    plugins: [lazy],
    outdir: "dist/cli",
    define: { __VERSION__: JSON.stringify(version) },
    banner: { js: "#!/usr/bin/env node" },
  }),
  build({
    ...common,
    ...node,
    format: "esm",
    entryPoints: { index: "sdk/node/index.ts" },
    outExtension: { ".js": ".mjs" },
    plugins: [lazy],
    outdir: "dist/node",
    define: { __VERSION__: JSON.stringify(version) },
  }),
  build({
    ...common,
    ...node,
    // Modules, so that each command loads no more than it needs.
    format: "esm",
    splitting: true,
    entryPoints: { program: "cli/program.ts" },
    outExtension: { ".js": ".mjs" },
    plugins: [lazy, leftOut, unusedParts],
    outdir: "dist/cli",
    chunkNames: "[name]-[hash]",
    banner: {
      js: 'import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;',
    },
    define: { __VERSION__: JSON.stringify(version), "process.env.NODE_ENV": '"production"' },
  }),
]);
// What the library for Node programs looks like to a compiler.
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "sdk/node/tsconfig.json"], {
  stdio: "inherit",
});
await cp("shared/vocabulary/commands.json", "dist/worker/commands.json");
await cp("node_modules/better-sqlite3/prebuilds", "dist/prebuilds", { recursive: true });

// Whose code is in what was built: for the notices.
const files = [page, ...built]
  .flatMap(({ metafile }) => Object.values(metafile.outputs))
  .flatMap(({ inputs }) => Object.keys(inputs));
const packages = files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
await writeFile("dist/packages.json", JSON.stringify([...new Set(packages)].filter(Boolean).sort()));

// Which of our own modules are in which file: a class in two files of one process is two classes.
const outputs = built.flatMap(({ metafile }) => Object.entries(metafile.outputs));
const ownModules = ([file, { inputs }]) => [
  file.replaceAll("\\", "/"),
  Object.keys(inputs).filter((name) => !name.includes("node_modules")),
];
await writeFile("dist/bundles.json", JSON.stringify(Object.fromEntries(outputs.map(ownModules))));
