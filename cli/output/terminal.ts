/** Terminal capabilities (width, colours, `--plain`), text layout, and prompts. */
import { styleText } from "node:util";
import { InterruptedError } from "../exit.ts";

let plain = false;

/** Sets plain output (`--plain`): no boxes, bars, colours or updated lines. */
export function showPlain(requested: boolean): void {
  plain = requested;
}

export const isPlain = (): boolean => plain;

/** Returns the terminal's width in columns, or 80 without a terminal. */
export function columns(): number {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns) : 80;
}

type Style = "bold" | "dim" | "red" | "green" | "yellow";

const escapeCharacter = "\u001b";
/**
 * Replaces the escape character until printing. Random, so that data cannot contain it; from a
 * private Unicode plane.
 */
let escapeMark: string | undefined;

/** Only colours need it, and loading the module takes several milliseconds. */
function markOfEscape(): string {
  escapeMark ??= String.fromCodePoint(0x10_0000 + process.getBuiltinModule("node:crypto").randomInt(0xff_fd));
  return escapeMark;
}

/** Styles a text if standard output supports it. Only `print` can print the result. */
export function styled(style: Style, text: string): string {
  const coloured = plain ? text : styleText(style, text, { stream: process.stdout });
  return coloured === text ? text : coloured.replaceAll(escapeCharacter, markOfEscape());
}

/** Restores the escape characters of `styled`. */
export const inColour = (text: string): string =>
  escapeMark === undefined ? text : text.replaceAll(escapeMark, escapeCharacter);

/** Wraps a text at spaces to the terminal's width, at most 100 columns. */
export function wrapped(text: string, indent = ""): string {
  const width = Math.min(columns(), 100) - indent.length;
  return text
    .split("\n")
    .map((line) => wrappedLine(line, width, indent))
    .join("\n");
}

function wrappedLine(line: string, width: number, indent: string): string {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  lines.push(current);
  return lines.map((part) => (part === "" ? "" : indent + part)).join("\n");
}

/** Returns an underlined title. */
export function heading(title: string): string {
  return plain ? title : `${styled("bold", title)}\n${"=".repeat(title.length)}`;
}

/** Returns a bar of eight heights per value, scaled to the maximum; empty with `--plain`. */
export function sparkline(values: readonly number[]): string {
  const max = Math.max(...values, 1);
  const heights = " ▁▂▃▄▅▆▇█";
  return plain
    ? ""
    : values.map((value) => heights[value === 0 ? 0 : Math.max(1, Math.round((8 * value) / max))]).join("");
}

/** Prompts for confirmation. Only y or yes confirms; the end of the input does not. */
export async function confirmed(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await isYes(ask, question);
  } finally {
    ask.close();
  }
}

/** Prompts for confirmation on an open readline interface. */
export async function isYes(ask: Ask, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await askText(ask, `${question} [y/N] `)).trim());
}

type Ask = import("node:readline/promises").Interface;

/** Prompts for a line of text. Resolves with an empty string at the end of the input. @throws InterruptedError */
export function askText(ask: Ask, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    ask.once("close", () => resolve(""));
    ask.once("SIGINT", () => {
      reject(new InterruptedError());
      ask.close();
    });
    ask.question(question).then(resolve, (error: unknown) => {
      if (error instanceof Error && error.name === "AbortError") resolve("");
      else reject(error instanceof Error ? error : new Error("The answer could not be read from the terminal."));
    });
  });
}

/** Returns whether the user can be prompted: both input and output are a terminal. */
export const isAttended = (): boolean => process.stdin.isTTY && process.stdout.isTTY;
