/** `npm run build`: bundles everything that ships: extension, worker, dashboard, CLI and Node SDK. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { build, transform } from "esbuild";
import { overdueReviews } from "./scripts/overdue-reviews.ts";

const overdue = overdueReviews(new Date());
if (overdue.length > 0) {
  console.error(
    `Overdue field reviews: ${overdue.join(", ")}.\n` +
      "Decide whether each field is still needed, then set its next month in shared/schema/fields.ts.",
  );
  process.exit(1);
}

const { version } = JSON.parse(await readFile("package.json", "utf8"));

/** VS Code 1.101, the oldest supported version, has Node 22.15 and Chromium 134. */
const node = { platform: "node", target: "node22.15", format: "cjs", mainFields: ["module", "main"] };

/** `--dev`: source maps and readable code, for a debugger. Such a build is never packaged. */
const isDev = process.argv.includes("--dev");

const common = {
  bundle: true,
  minify: !isDev,
  sourcemap: isDev,
  logLevel: "warning",
  legalComments: "none",
  metafile: true,
  loader: { ".awk": "text" },
};

/** Makes a module external, loaded from `path`, in all bundles except its own. */
const unlessEntry =
  (path) =>
  ({ kind }) =>
    kind === "entry-point" ? undefined : { path, external: true };

/** Keeps the app, the UI and the client library out of the main bundle, to be loaded on demand. */
const lazy = {
  name: "lazy",
  setup(build) {
    build.onResolve({ filter: /\/ui\/ui\.ts$/ }, unlessEntry("./ui.cjs"));
    build.onResolve({ filter: /^\.\/app\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./app.cjs", external: true } : undefined,
    );
    // Loaded only after the check of Node's version.
    build.onResolve({ filter: /^\.\/program\.ts$/ }, unlessEntry("./program.cjs"));
    // Most workers never need the HTTP library. Worker and CLI share it.
    build.onResolve({ filter: /\/undici-client\.ts$/ }, unlessEntry("../worker/undici-client.cjs"));
    // The vocabulary of commands is large, so worker and CLI share it.
    build.onResolve({ filter: /\/vocabulary\/commands\.json$/ }, unlessEntry("../worker/commands.json"));
    build.onResolve({ filter: /\/worker\/client\.ts$/ }, unlessEntry("./worker-client.cjs"));
  },
};

/** Removes unused code of libraries: executable subcommands of commander, the debugger of ink. */
const emptyModules = {
  name: "empty-modules",
  setup(build) {
    const toEmpty = ({ importer }) =>
      /[\\/](?:commander|ink)[\\/]/.test(importer) ? { path: "empty", namespace: "empty" } : undefined;
    build.onResolve({ filter: /^node:child_process$|^\.\/devtools\.js$/ }, toEmpty);
    build.onLoad({ filter: /./, namespace: "empty" }, () => ({ contents: "module.exports = {}" }));
  },
};

/** Features of vscode-languageclient that are removed. */
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

/**
 * Removes most of undici and vscode-languageclient. Of undici only requests and agents are used, with
 * the parser that runs on every processor (not the SIMD one).
 */
const unusedParts = {
  name: "unused-parts",
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ path, importer }) =>
      /[\\/]undici[\\/]/.test(importer) && /[\\/](?:web|mock|cache|interceptor)[\\/]|llhttp_simd/.test(path)
        ? { path: "unused", namespace: "unused" }
        : undefined,
    );
    // Document features: our worker has none, and `QuietClient` does not register them.
    build.onResolve({ filter: /^\.\// }, ({ path, importer }) =>
      /[\\/]vscode-languageclient[\\/]lib[\\/]common[\\/]/.test(importer) && unusedFeatures.has(path.slice(2))
        ? { path: "unused", namespace: "unused" }
        : undefined,
    );
    // Used only to watch files for a language server.
    build.onResolve({ filter: /^minimatch$/ }, () => ({ path: "unused", namespace: "unused" }));
    // The protobuf format of the sketches.
    build.onResolve({ filter: /proto\/compiled/ }, () => ({ path: "unused", namespace: "unused" }));
    // Everything that is imported from these modules at start-up is an unused class.
    build.onLoad({ filter: /./, namespace: "unused" }, () => ({
      contents: "module.exports = new Proxy({}, { get: () => class {} })",
    }));
  },
};

/** What CommonJS has and a module has not. */
const moduleBanner =
  'import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;';

await rm("dist", { recursive: true, force: true });
// Built first: its script and style are inlined into the HTML that the extension generates.
const dashboard = await build({
  ...common,
  entryPoints: { dashboard: "webview/main.ts", "dashboard-style": "webview/dashboard.css" },
  outdir: "dist",
  platform: "browser",
  target: "chrome134",
  format: "iife",
  write: false,
});
await mkdir("dist");
for (const { path, contents } of dashboard.outputFiles) await writeFile(path, contents);
const textOf = (name) => JSON.stringify(dashboard.outputFiles.find(({ path }) => path.endsWith(name))?.text);

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
    // In a subfolder, because better-sqlite3 looks for its binaries in `../prebuilds`.
    outdir: "dist/worker",
    define: { __VERSION__: JSON.stringify(version) },
  }),
  build({
    ...common,
    ...node,
    // A thread of the extension host (`extension/ui/sample-data.ts`).
    entryPoints: { sample: "server/sample/thread.ts" },
    outExtension: { ".js": ".cjs" },
    supported: { "dynamic-import": false },
    plugins: [unusedParts],
    outdir: "dist",
    define: { __VERSION__: JSON.stringify(version) },
  }),
  build({
    ...common,
    ...node,
    // Old syntax, so that an old Node can run it and print the required version.
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
    // ES modules allow splitting: each command loads only what it needs.
    format: "esm",
    splitting: true,
    entryPoints: { program: "cli/program.ts" },
    outExtension: { ".js": ".mjs" },
    plugins: [lazy, emptyModules, unusedParts],
    outdir: "dist/cli",
    chunkNames: "[name]-[hash]",
    banner: { js: moduleBanner },
    define: { __VERSION__: JSON.stringify(version), "process.env.NODE_ENV": '"production"' },
  }),
]);
/**
 * Rewrites the modules of the command as CommonJS, which starts faster: an import of a module of Node loads all of its parts, a
 * `require` only those that are used. A module with a top-level `await` (ink's layout engine) stays what it is.
 */
async function rewriteAsCommonJs(folder) {
  const modules = new Map();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".mjs"))) {
    const source = (await readFile(`${folder}/${file}`, "utf8")).replace(moduleBanner, "");
    const target = { target: node.target, platform: "node", minify: !isDev, logLevel: "silent" };
    const code = await transform(source, { ...target, format: "cjs", supported: { "dynamic-import": false } }).then(
      ({ code: text }) => text,
      () => undefined,
    );
    modules.set(file, code);
  }
  for (const [file, code] of modules) {
    const text = code ?? (await readFile(`${folder}/${file}`, "utf8"));
    const linked = text
      .replace(/\.\/([\w-]+)\.mjs/g, (path, name) =>
        modules.get(`${name}.mjs`) === undefined ? path : `./${name}.cjs`,
      )
      .replace(/Promise\.resolve\(\)\.then\(\(\)\s*=>\s*\w+\(require\(("\.\/[\w-]+\.mjs")\)\)\)/g, "import($1)");
    if (/require\("\.\/[\w-]+\.mjs"\)/.test(linked))
      throw new Error(`${file} requires a module with a top-level await.`);
    if (code !== undefined) await rm(`${folder}/${file}`);
    await writeFile(`${folder}/${code === undefined ? file : file.replace(/mjs$/, "cjs")}`, linked);
  }
  return new Map(
    [...modules].flatMap(([file, code]) => (code === undefined ? [] : [[file, file.replace(/mjs$/, "cjs")]])),
  );
}
const rewritten = await rewriteAsCommonJs("dist/cli");
// Type declarations of the Node SDK.
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "sdk/node/tsconfig.json"], {
  stdio: "inherit",
});
await cp("shared/vocabulary/commands.json", "dist/worker/commands.json");
await cp("node_modules/better-sqlite3/prebuilds", "dist/prebuilds", { recursive: true });

// The bundled packages, for THIRD-PARTY-NOTICES.md.
const files = [dashboard, ...built]
  .flatMap(({ metafile }) => Object.values(metafile.outputs))
  .flatMap(({ inputs }) => Object.keys(inputs));
const packages = files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
await writeFile("dist/packages.json", JSON.stringify([...new Set(packages)].filter(Boolean).sort()));

// Our modules by bundle, for a test: a class in two bundles of one process would be two classes.
const outputs = built.flatMap(({ metafile }) => Object.entries(metafile.outputs));
const ownModules = ([file, { inputs }]) => [
  file.replaceAll("\\", "/").replace(/^dist\/cli\/(.*)$/, (_, name) => `dist/cli/${rewritten.get(name) ?? name}`),
  Object.keys(inputs).filter((name) => !name.includes("node_modules")),
];
await writeFile("dist/bundles.json", JSON.stringify(Object.fromEntries(outputs.map(ownModules))));
