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

/** Programs of packages that a project installs and runs as `yarn eslint` or `pnpm prisma generate`. */
const installed = new Set(
  `astro ava babel biome c8 cap capacitor cdk changeset commitlint concurrently cypress depcheck dotenv drizzle-kit
  electron electron-builder esbuild eslint expo firebase gatsby graphql-codegen gulp hardhat husky ionic jest knex knip
  lerna lint-staged madge mocha nest netlify next ng nodemon npm-run-all nuxt nx nyc openapi-generator oxlint parcel
  playwright pm2 prettier prisma react-native react-router release-it remix rimraf rollup rsbuild run-p run-s semantic-release
  sequelize serverless sst storybook stylelint supabase svelte-check svelte-kit swc tailwindcss tap ts-node tsc tsdown tsup
  tsx turbo typedoc typeorm typescript vercel vite vitest vue-tsc webpack wrangler`.split(/\s+/),
);

/** Returns whether a package manager's word is the program of an installed package. */
export const isInstalledProgram = (word: string): boolean => installed.has(word) && isProgram(word);

/** Versions, extras and prefixes of a package: `ruff@0.6.9`, `black[d]==24.1`, `npm:cowsay`. */
const version = /(?:@[^@/]*|[=<>~!]=.*|\[.*\].*)$/;

/** A longer word is no name of a package. */
const maxWordLength = 256;

/** Returns the public program that a runner starts for this package. */
export function packageProgram(word: string): string | undefined {
  if (word.length > maxWordLength) return undefined;
  const name = word.toLowerCase().replace(/^npm:/, "");
  const plain = name.startsWith("@") ? `@${name.slice(1).replace(version, "")}` : name.replace(version, "");
  const known = Object.hasOwn(scoped, plain) ? scoped[plain] : undefined;
  if (known !== undefined) return isProgram(known) ? known : undefined;
  return isProgram(plain) ? plain : undefined;
}
