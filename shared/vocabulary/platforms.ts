/** Systems, architectures, editors and installation methods, as named in the analytics design (2.2, 3.1). */
export const systems = ["linux", "macos", "windows", "other"] as const;
export type System = (typeof systems)[number];

export const architectures = ["x86_64", "aarch64", "other"] as const;
export type Architecture = (typeof architectures)[number];

/** Spellings of Node, Go, Rust and uname. */
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

/** VS Code and editors based on it. */
export const editors = ["vscode", "vscode_insiders", "vscodium", "cursor", "windsurf", "code_server", "other"] as const;

/** Both lists of the analytics design, and the sources of VS Code extensions. */
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
