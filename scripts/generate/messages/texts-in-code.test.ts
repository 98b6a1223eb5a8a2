import { expect, it } from "vitest";
import { textsIn } from "./texts-in-code.ts";

/** `§` is the dollar sign here: the linter reports a placeholder in a plain literal. */
const texts = (code: string) => textsIn(code.replaceAll("§", "$")).map(({ kind, text }) => `${kind}: ${text}`);

it.each([
  ['throw new UsageError("Use one of: a, b.");', ["error: Use one of: a, b."]],
  ["throw new UsageError(`Unknown §{kind}: §{text}.§{hint(`x §{y}`)}`);", ["error: Unknown …: ….…"]],
  [
    'throw new FileError(isOld ? "It is too old." : `§{name} is too new.`, { cause: "no text" });',
    ["error: It is too old.", "error: … is too new.", "error: no text"],
  ],
  ['message("{file} cannot be read.", { file })', ["message: {file} cannot be read."]],
  [
    'errorCheck("disk", `§{size} free`, "Free disk space; recording stops.")',
    ["check: … free", "check: Free disk space; recording stops."],
  ],
  ['return "The hook works.";', ["notice: The hook works."]],
  ['return "vscode_terminal";', []],
  ["html`<p class=quiet>No data is stored. §{x}</p><td>Name of it</td>`", ["notice: No data is stored."]],
  ['const none = { title: "No data", text: "Run a command." };', ["empty: No data: Run a command."]],
  ['// new UsageError("In a comment.")\n/* message("In a comment.") */', []],
])("finds the texts of %s", (code, found) => {
  expect(texts(code)).toEqual(found);
});
