/** Names of packages that a runner such as npx downloads, and the program that each one runs. */

import { isProgram } from "../vocabulary.ts";

/** Public packages whose program has another name. */
const scoped: Readonly<Record<string, string>> = {
  "@angular/cli": "ng",
  "@anthropic-ai/claude-code": "claude",
  "@antfu/ni": "ni",
  "@babel/cli": "babel",
  "@biomejs/biome": "biome",
  "@capacitor/cli": "cap",
  "@changesets/cli": "changeset",
  "@commitlint/cli": "commitlint",
  "@google/gemini-cli": "gemini",
  "@graphql-codegen/cli": "graphql-codegen",
  "@ionic/cli": "ionic",
  "@modelcontextprotocol/inspector": "mcp-inspector",
  "@nestjs/cli": "nest",
  "@openai/codex": "codex",
  "@playwright/test": "playwright",
  "@qwen-code/qwen-code": "qwen",
  "@redocly/cli": "redocly",
  "@sentry/cli": "sentry-cli",
  "@sourcegraph/amp": "amp",
  "@stoplight/spectral-cli": "spectral",
  "@storybook/cli": "storybook",
  "@swc/cli": "swc",
  "@tailwindcss/cli": "tailwindcss",
  "@vscode/vsce": "vsce",
  "@vue/cli": "vue",
  typescript: "tsc",
};

/** Versions, extras and prefixes of a package: `ruff@0.6.9`, `black[d]==24.1`, `npm:cowsay`. */
const version = /(?:@[^@/]*|[=<>~!]=.*|\[.*\].*)$/;

/** Returns the public program that a runner starts for this package. */
export function packageProgram(word: string): string | undefined {
  const name = word.toLowerCase().replace(/^npm:/, "");
  const plain = name.startsWith("@") ? `@${name.slice(1).replace(version, "")}` : name.replace(version, "");
  const known = Object.hasOwn(scoped, plain) ? scoped[plain] : undefined;
  if (known !== undefined) return isProgram(known) ? known : undefined;
  return isProgram(plain) ? plain : undefined;
}
