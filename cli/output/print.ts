/**
 * Prints results to standard output, errors and progress to standard error. Control characters in
 * data never reach the terminal.
 */
import { terminalJson, terminalText } from "../../shared/text/terminal-text.ts";
import { inColour, isPlain, wrapped } from "./terminal.ts";

export interface JsonOption {
  readonly json?: boolean;
}

/** Prints a line without control characters, except the colours that `styled` added. */
export function print(text: string): void {
  process.stdout.write(`${inColour(terminalText(text))}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${terminalJson(JSON.stringify(value, null, 2))}\n`);
}

/** Prints an error or a warning to standard error. */
export function printError(text: string): void {
  process.stderr.write(`nexus: ${terminalText(text)}\n`);
}

/** Formats one name and value per line, with the values aligned. */
export function definitionList(rows: readonly (readonly [string, string])[], indent = ""): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  // In a pipe a value stays on one line, so that scripts can read it.
  const lines = (value: string) =>
    process.stdout.isTTY ? wrapped(value, " ".repeat(indent.length + width)).trimStart() : value;
  return rows.map(([name, value]) => `${indent}${`${name}:`.padEnd(width)}${lines(value)}`).join("\n");
}

/** Replaces the progress line on a terminal. Writes nothing with `--plain`. */
export function progressLine(text: string): void {
  if (process.stderr.isTTY && !isPlain()) process.stderr.write(`\r\u001b[K${terminalText(text)}`);
}
