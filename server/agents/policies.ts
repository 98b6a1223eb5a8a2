/**
 * What keeps an agent from running user hooks: settings of an organisation, or the user's own. Files
 * and keys as of each agent's documentation in 2026. What an organisation sets in the registry or a
 * property list is not read.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseJson } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";

/** A value that disables hooks, by its path in a file. */
export interface Policy {
  /** A file, or a folder whose `.json` files all apply. */
  readonly file: string;
  readonly path: readonly string[];
  /** The value, or an element of a list. */
  readonly value: boolean | string;
}

interface PolicyContext {
  readonly platform: NodeJS.Platform;
  readonly programFiles: string;
}

/** Folders in which an administrator configures Claude Code. */
function claudeFolder({ platform, programFiles }: PolicyContext): string {
  if (platform === "darwin") return "/Library/Application Support/ClaudeCode";
  return platform === "win32" ? join(programFiles, "ClaudeCode") : "/etc/claude-code";
}

/** Folders in which an administrator configures Gemini CLI. */
function geminiFolder({ platform }: PolicyContext): string {
  if (platform === "darwin") return "/Library/Application Support/GeminiCli";
  return platform === "win32" ? "C:\\ProgramData\\gemini-cli" : "/etc/gemini-cli";
}

const disabled = (file: string, ...path: readonly string[]): Policy => ({ file, path, value: true });
const notEnabled = (file: string, ...path: readonly string[]): Policy => ({ file, path, value: false });

export function claudePolicies(settings: string, context: PolicyContext): readonly Policy[] {
  const folder = claudeFolder(context);
  const managed = [join(folder, "managed-settings.json"), join(folder, "managed-settings.d")];
  return [
    ...managed.flatMap((file) => [disabled(file, "allowManagedHooksOnly"), disabled(file, "disableAllHooks")]),
    disabled(settings, "disableAllHooks"),
  ];
}

export const codexPolicies = (folder: string): readonly Policy[] => [
  notEnabled("/etc/codex/requirements.toml", "features", "hooks"),
  disabled("/etc/codex/requirements.toml", "allow_managed_hooks_only"),
  notEnabled(join(folder, "config.toml"), "features", "hooks"),
  // The name of earlier versions.
  notEnabled(join(folder, "config.toml"), "features", "codex_hooks"),
];

export const geminiPolicies = (settings: string, context: PolicyContext): readonly Policy[] =>
  [join(geminiFolder(context), "settings.json"), settings].flatMap((file) => [
    notEnabled(file, "hooksConfig", "enabled"),
    { file, path: ["hooksConfig", "disabled"], value: "nexus" },
  ]);

export const copilotPolicies = (folder: string): readonly Policy[] =>
  ["settings.json", "config.json", join("hooks", "nexus.json")].map((name) =>
    disabled(join(folder, name), "disableAllHooks"),
  );

/** Returns why user hooks do not run, as a sentence; `null` if nothing forbids them. */
export function blockedBy(policies: readonly Policy[]): string | null {
  for (const { file, path, value } of policies) {
    const found = filesOf(file).find((name) => {
      const actual = valueAt(contentOf(name), path);
      return actual === value || (Array.isArray(actual) && actual.includes(value));
    });
    if (found !== undefined) return `User hooks are disabled in ${found} (${path.join(".")} = ${value}).`;
  }
  return null;
}

function filesOf(file: string): readonly string[] {
  if (!file.endsWith(".d")) return [file];
  try {
    return readdirSync(file)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(file, name));
  } catch {
    // There is no such folder, or it is closed to the user.
    return [];
  }
}

/** Returns the content of a configuration file; `undefined` if it is missing or unreadable. */
export function contentOf(file: string): unknown {
  try {
    const text = readFileSync(file, "utf8").replace(/^\ufeff/, "");
    return file.endsWith(".toml") ? parseToml(text) : parseJson(text, [], { allowTrailingComma: true });
  } catch {
    // The agent reports its own broken configuration.
    return undefined;
  }
}

export function valueAt(content: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined,
    content,
  );
}
