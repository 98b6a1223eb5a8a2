/** What the terminal can show: how wide it is, whether it has colours, and whether the user wants plain lines. */
import { randomInt } from "node:crypto";
import { styleText } from "node:util";

let plain = false;

/** `--plain`: no boxes, bars, colours or lines that change; for screen readers, and for whoever likes it. */
export function showPlain(requested: boolean): void {
  plain = requested;
}

export const isPlain = (): boolean => plain;

/** Columns of the terminal; 80 where there is none. */
export function columns(): number {
  return process.stdout.isTTY ? Math.max(40, process.stdout.columns) : 80;
}

type Style = "bold" | "dim" | "red" | "green" | "yellow";

const escapeCharacter = "\u001b";
/** Stands for the escape character in texts of ours until they are printed: data cannot know it. Of a private plane of Unicode. */
const escapeMark = String.fromCodePoint(0x10_0000 + randomInt(0xff_fd));

/** Styled where standard output is a terminal with colours; `NO_COLOR` and `FORCE_COLOR` count. To be printed by `print`. */
export function styled(style: Style, text: string): string {
  return plain ? text : styleText(style, text, { stream: process.stdout }).replaceAll(escapeCharacter, escapeMark);
}

/** A text with the colours that `styled` gave it. */
export const inColour = (text: string): string => text.replaceAll(escapeMark, escapeCharacter);

/** Breaks a text at blanks so that no line is wider than the terminal, nor than is good to read. */
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

/** A title over a line as long as it. */
export function heading(title: string): string {
  return plain ? title : `${styled("bold", title)}\n${"=".repeat(title.length)}`;
}

/** Eight heights in a row for numbers, the highest full; nothing where plain lines are wanted. */
export function sparkline(values: readonly number[]): string {
  const max = Math.max(...values, 1);
  const heights = " ▁▂▃▄▅▆▇█";
  return plain
    ? ""
    : values.map((value) => heights[value === 0 ? 0 : Math.max(1, Math.round((8 * value) / max))]).join("");
}

/** Asks on the terminal; anything but y or yes is a no, and so is the end of the input. */
export async function confirmed(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await isYes(ask, question);
  } finally {
    ask.close();
  }
}

/** The same among other questions. */
export async function isYes(ask: Ask, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await askText(ask, `${question} [y/N] `)).trim());
}

type Ask = import("node:readline/promises").Interface;

/** An answer on the terminal; empty where the input ends. */
export function askText(ask: Ask, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    ask.once("close", () => resolve(""));
    // Ctrl-C ends the asking, which is a no.
    ask.once("SIGINT", () => ask.close());
    ask.question(question).then(resolve, (error: unknown) => {
      if (error instanceof Error && error.name === "AbortError") resolve("");
      else reject(error instanceof Error ? error : new Error("The answer could not be read."));
    });
  });
}

/** Somebody is there to be asked. */
export const isAttended = (): boolean => process.stdin.isTTY && process.stdout.isTTY;
