/**
 * Changes the settings of an agent, JSON that may have comments, and leaves every other byte as it is: an entry goes in right after
 * the last one of its list, and comes out with the comma that came with it.
 */
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import type { HookEntry } from "./agents.ts";

/** Settings that cannot be changed: which, where in them, and what to do. Its message is for the user. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

const lenient = { allowTrailingComma: true };

/** @throws SettingsError where the text is no object of JSON. */
function treeOf(file: string, text: string): Node {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, lenient);
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split("\n").length;
    throw new SettingsError(
      `${file}, line ${line}: this is not valid JSON (${printParseErrorCode(first.error)}). Correct the line and try again; nothing was changed.`,
    );
  }
  if (tree?.type !== "object") {
    throw new SettingsError(`${file} is no object of JSON. Correct it and try again; nothing was changed.`);
  }
  return tree;
}

/** A text, and the lines that were put into it. */
interface Edited {
  readonly text: string;
  readonly lines: readonly string[];
}

/** The text with entries appended to their lists. @throws SettingsError */
export function withEntries(file: string, text: string, entries: readonly HookEntry[]): Edited {
  let edited: Edited = { text, lines: [] };
  for (const { list, entry } of entries) {
    const next = withEntry(file, edited.text, list, entry);
    checkEdited(file, next.text, list, entry);
    edited = { text: next.text, lines: [...edited.lines, ...next.lines] };
  }
  return edited;
}

/** A comment can stand where an entry would go, or between it and its comma. @throws SettingsError */
function checkEdited(file: string, text: string, list: readonly string[], entry: object): void {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, lenient);
  const items = tree === undefined ? undefined : valueAt(tree, list);
  const expected = JSON.stringify(entry);
  if (errors.length > 0 || !Array.isArray(items) || !items.some((item) => JSON.stringify(item) === expected)) {
    throw new SettingsError(
      `${file} has a comment where the hook would go, in ${list.join(".")}. Move it and try again; nothing was changed.`,
    );
  }
}

function withEntry(file: string, text: string, list: readonly string[], entry: object): Edited {
  const tree = treeOf(file, text);
  // As deep as the settings go already; what is missing is made around the entry.
  let depth = list.length;
  let node = findNodeAtLocation(tree, [...list]);
  while (node === undefined) {
    depth -= 1;
    node = depth === 0 ? tree : findNodeAtLocation(tree, list.slice(0, depth));
  }
  const expected = depth === list.length ? "array" : "object";
  if (node.type !== expected) {
    const what = expected === "array" ? "list" : "object";
    throw new SettingsError(
      `${file}: ${list.slice(0, depth).join(".")} is no ${what}. Correct it and try again; nothing was changed.`,
    );
  }
  if (expected === "array") return withChild(text, node, null, entry);
  const missing = list.slice(depth + 1).reduceRight<unknown>((inner, key) => ({ [key]: inner }), [entry]);
  return withChild(text, node, list[depth] ?? "", missing);
}

/** Appends a value to a list, or (with a key) a property to an object. */
function withChild(text: string, parent: Node, key: string | null, value: unknown): Edited {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const [, unit = "  "] = /\n([ \t]+)\S/.exec(text) ?? [];
  const outer = indentAt(text, parent.offset);
  const last = parent.children?.at(-1);
  const indent = last === undefined ? outer + unit : indentAt(text, last.offset);
  const lines = JSON.stringify(value, null, unit).split("\n").join(`${eol}${indent}`);
  const child = `${eol}${indent}${key === null ? "" : `${JSON.stringify(key)}: `}${lines}`;
  const added = child.split(eol).slice(1);
  const edited = (result: string): Edited => ({ text: result, lines: added });
  if (last === undefined) return edited(splice(text, parent.offset + 1, 0, `${child}${eol}${outer}`));
  const end = last.offset + last.length;
  // A comma that is there already stays the last one's, and a comment behind it too.
  const comma = commaAfter(text, end);
  const line = lineEnd(text, comma ?? end, parent);
  if (comma !== undefined) return edited(splice(text, line, 0, `${child},`));
  return edited(splice(splice(text, line, 0, child), end, 0, ","));
}

/** Where the text after an offset goes on behind a comma; `undefined` where there is none. */
function commaAfter(text: string, offset: number): number | undefined {
  const blanks = /^\s*,/.exec(text.slice(offset))?.[0].length;
  return blanks === undefined ? undefined : offset + blanks;
}

/** The end of the line that holds an offset; the offset where the parent ends on it. */
function lineEnd(text: string, offset: number, { offset: start, length }: Node): number {
  const end = /\r?\n/.exec(text.slice(offset))?.index;
  return end === undefined || offset + end >= start + length - 1 ? offset : offset + end;
}

/** The blanks with which the line begins that holds an offset. */
function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? "";
}

const splice = (text: string, at: number, length: number, inserted: string): string =>
  text.slice(0, at) + inserted + text.slice(at + length);

/** The lines of a text that another one lacks, in their order: what was taken out of it. */
export function linesBetween(shorter: string, longer: string): readonly string[] {
  const kept = shorter.split("\n");
  return longer.split("\n").filter((line) => {
    const at = kept.indexOf(line);
    if (at !== -1) kept.splice(at, 1);
    return at === -1;
  });
}

/** What entries of ours are known by: one of these is in a text of theirs, or is its pattern. */
export type Marks = readonly (string | RegExp)[];

const isMarked = (line: string, marks: Marks): boolean =>
  marks.some((mark) => (typeof mark === "string" ? line.includes(mark) : mark.test(line)));

/** The text without the entries that are marked, nor what is empty without them. @throws SettingsError */
export function withoutEntries(file: string, text: string, entries: readonly HookEntry[], marks: Marks): string {
  let edited = text;
  for (const { list } of entries) {
    for (;;) {
      const node = findNodeAtLocation(treeOf(file, edited), [...list]);
      const found = node === undefined ? undefined : handlerIn(node, marks);
      if (found === undefined) break;
      edited = without(edited, found);
    }
  }
  const errors: ParseError[] = [];
  parseTree(edited, errors, lenient);
  if (errors.length === 0) return edited;
  throw new SettingsError(
    `${file} has comments between our entries. Take out by hand those that name nexus; nothing was changed.`,
  );
}

/** The innermost object that is marked: others may stand in one group with it. */
function handlerIn(node: Node, marks: Marks): Node | undefined {
  for (const child of node.children ?? []) {
    const inner = handlerIn(child, marks);
    if (inner !== undefined) return inner;
  }
  const own = node.type === "object" && textsIn(getNodeValue(node)).some((line) => isMarked(line, marks));
  return own ? node : undefined;
}

/** Without a node; without its parent, where nothing else is there, not even a comment. */
function without(text: string, node: Node): string {
  const { parent } = node;
  // A property is a key and its value.
  if (parent?.type === "property") return without(text, parent);
  const siblings = parent?.children ?? [];
  const alone = parent !== undefined && siblings.length === 1 && onlyBlanks(text, parent, node);
  if (alone && parent.parent !== undefined) {
    const group = parent.parent.parent;
    // A group of hooks without one means nothing, whatever it matches.
    return without(text, parent.type === "array" && group?.parent?.type === "array" ? group : parent);
  }
  const [start, end] = [node.offset, node.offset + node.length];
  if (alone) return splice(text, parent.offset + 1, parent.length - 2, "");
  const before = siblings[siblings.indexOf(node) - 1];
  const comma = commaAfter(text, end);
  // With the line that it stands on, from the end of the one before.
  const from = before === undefined ? start : text.slice(0, start).trimEnd().length;
  const kept = splice(text, from, (comma ?? end) - from, "");
  if (comma !== undefined || before === undefined) return kept;
  // It was the last one: the comma that came with it goes too.
  const earlier = commaAfter(text, before.offset + before.length);
  return earlier === undefined ? kept : splice(kept, earlier - 1, 1, "");
}

/** Whether a parent holds nothing but a node, blanks and commas. */
function onlyBlanks(text: string, parent: Node, node: Node): boolean {
  const before = text.slice(parent.offset + 1, node.offset);
  const after = text.slice(node.offset + node.length, parent.offset + parent.length - 1);
  return /^[\s,]*$/.test(before + after);
}

/** The lines of a shell and the addresses in the entries that are marked. A text that is no JSON has none. */
export function commandsIn(text: string, entries: readonly HookEntry[], marks: Marks): readonly string[] {
  const tree = parseTree(text, [], lenient);
  if (tree === undefined) return [];
  return entries.flatMap(({ list }) => textsIn(valueAt(tree, list))).filter((line) => isMarked(line, marks));
}

/** Every text in a value, however deep. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

const valueAt = (tree: Node, path: readonly string[]): unknown => {
  const node = findNodeAtLocation(tree, [...path]);
  return node === undefined ? undefined : getNodeValue(node);
};

/** Which of the keys at the top is true. A text that is no JSON says nothing. */
export function saysYes(text: string, keys: readonly string[]): string | undefined {
  const tree = parseTree(text, [], lenient);
  return tree === undefined ? undefined : keys.find((key) => valueAt(tree, [key]) === true);
}
