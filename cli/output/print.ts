/** What the command prints. Results go to standard output; what goes on meanwhile to standard error, on a terminal alone. */
import { terminalJson, terminalText } from "../../shared/text/terminal-text.ts";
import { inColour, isPlain, wrapped } from "./terminal.ts";

export interface JsonOption {
  readonly json?: boolean;
}

/** Whatever data is in the text, only our own colours reach the terminal. */
export function print(text: string): void {
  process.stdout.write(`${inColour(terminalText(text))}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${terminalJson(JSON.stringify(value, null, 2))}\n`);
}

/** What went wrong, or is to be known meanwhile: on standard error. */
export function printError(text: string): void {
  process.stderr.write(`nexus: ${terminalText(text)}\n`);
}

/** Name and value a line, the values under one another. */
export function definitionList(rows: readonly (readonly [string, string])[], indent = ""): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  // In a pipe a value stays on its line.
  const lines = (value: string) =>
    process.stdout.isTTY ? wrapped(value, " ".repeat(indent.length + width)).trimStart() : value;
  return rows.map(([name, value]) => `${indent}${`${name}:`.padEnd(width)}${lines(value)}`).join("\n");
}

/** Shows how far something is, on one line, where somebody is looking. */
export function progressLine(text: string): void {
  if (process.stderr.isTTY && !isPlain()) process.stderr.write(`\r\u001b[K${terminalText(text)}`);
}

export const timeText = (ms: number | null): string => (ms === null ? "never" : new Date(ms).toLocaleString("sv-SE"));

export const percentText = (share: number | null, decimals = 0): string =>
  share === null ? "–" : `${(100 * share).toFixed(decimals)}%`;
