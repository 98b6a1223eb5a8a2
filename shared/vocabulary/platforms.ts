/** Systems, processors, editors and ways of installing, in the words of the analytics design (sections 2.2 and 3.1). */
export const systems = ["linux", "macos", "windows", "other"] as const;
export type System = (typeof systems)[number];

export const architectures = ["x86_64", "aarch64", "other"] as const;
export type Architecture = (typeof architectures)[number];

/** Other spellings of the same, as Node, Go, Rust and uname have them. */
export const systemAliases: Readonly<Record<string, System>> = {
  darwin: "macos",
  osx: "macos",
  win32: "windows",
  windows_nt: "windows",
};
export const architectureAliases: Readonly<Record<string, Architecture>> = {
  x64: "x86_64",
  amd64: "x86_64",
  arm64: "aarch64",
};

/** VS Code and the editors made from it. */
export const editors = ["vscode", "vscode_insiders", "vscodium", "cursor", "windsurf", "code_server", "other"] as const;

/** Both lists of the documents, and where an editor's extension comes from. */
export const installMethods = [
  "cargo",
  "curl",
  "npm",
  "homebrew",
  "manual",
  "marketplace",
  "open_vsx",
  "vsix",
  "other",
] as const;

/** How a command was started (usage aggregation, `invocation_kind`). */
export const invocationKinds = ["node_dist", "npx", "binary", "vsix", "sdk", "hook", "other"] as const;
