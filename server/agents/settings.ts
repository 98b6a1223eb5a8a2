/**
 * Edits an agent's settings (JSON with comments) without changing any other byte: an entry is added
 * after the last one of its list, and removed together with its comma.
 */
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { HookEntry } from "./agents.ts";

/** Settings that cannot be changed. The message is for the user: file, position, what to do. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Windows PowerShell writes one. A blank in its place keeps all offsets. */
const byteOrderMark = "\ufeff";

function treeIn(text: string, errors: ParseError[] = []): Node | undefined {
  const plain = text.startsWith(byteOrderMark) ? ` ${text.slice(1)}` : text;
  return parseTree(plain, errors, { allowTrailingComma: true });
}

/** Returns the node at a path. Of two equal keys the last one counts, as for the agents. */
function nodeAt(tree: Node, path: readonly string[]): Node | undefined {
  let node: Node | undefined = tree;
  for (const key of path) {
    if (node?.type !== "object") return undefined;
    node = node.children?.findLast(({ children }) => children?.[0]?.value === key)?.children?.[1];
  }
  return node;
}

/** @throws SettingsError if the text is not a JSON object. */
function treeOf(file: string, text: string): Node {
  const errors: ParseError[] = [];
  const tree = treeIn(text, errors);
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split("\n").length;
    throw new SettingsError(
      `${file}, line ${line}: invalid JSON (${printParseErrorCode(first.error)}). Correct the line and retry. Nothing was changed.`,
    );
  }
  if (tree?.type !== "object") {
    throw new SettingsError(`${file} must contain a JSON object. Correct the file and retry. Nothing was changed.`);
  }
  return tree;
}

/** An edited text and the lines added to it. */
interface Edited {
  readonly text: string;
  readonly lines: readonly string[];
}

/**
 * Appends entries to their lists, and the keys of `required` that are missing at the top.
 * @throws SettingsError
 */
export function withEntries(file: string, text: string, entries: readonly HookEntry[], required: object = {}): Edited {
  let edited: Edited = { text, lines: [] };
  for (const [key, value] of Object.entries(required)) {
    const tree = treeOf(file, edited.text);
    if (nodeAt(tree, [key]) !== undefined) continue;
    const next = withChild(edited.text, tree, key, value);
    edited = { text: next.text, lines: [...edited.lines, ...next.lines] };
  }
  for (const { list, entry } of entries) {
    const next = withEntry(file, edited.text, list, entry);
    checkEdited(file, next.text, list, entry);
    edited = { text: next.text, lines: [...edited.lines, ...next.lines] };
  }
  return edited;
}

/**
 * Parses the result: a comment at the insertion point can swallow the entry or its comma.
 * @throws SettingsError
 */
function checkEdited(file: string, text: string, list: readonly string[], entry: object): void {
  const errors: ParseError[] = [];
  const tree = treeIn(text, errors);
  const items = tree === undefined ? undefined : valueAt(tree, list);
  const expected = JSON.stringify(entry);
  if (errors.length > 0 || !Array.isArray(items) || !items.some((item) => JSON.stringify(item) === expected)) {
    throw new SettingsError(`Move the comment at ${list.join(".")} in ${file} and retry. Nothing was changed.`);
  }
}

function withEntry(file: string, text: string, list: readonly string[], entry: object): Edited {
  const tree = treeOf(file, text);
  // Find the deepest existing level; missing levels are created around the entry.
  let depth = list.length;
  let node = nodeAt(tree, list);
  while (node === undefined) {
    depth -= 1;
    node = depth === 0 ? tree : nodeAt(tree, list.slice(0, depth));
  }
  const expected = depth === list.length ? "array" : "object";
  if (node.type !== expected) {
    const what = expected === "array" ? "a list" : "an object";
    const path = list.slice(0, depth).join(".");
    throw new SettingsError(`${path} in ${file} must be ${what}. Correct it and retry. Nothing was changed.`);
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
  // An existing trailing comma, and a comment after it, stay with the last entry.
  const comma = commaAfter(text, end);
  const line = lineEnd(text, comma ?? end, parent);
  if (comma !== undefined) return edited(splice(text, line, 0, `${child},`));
  return edited(splice(splice(text, line, 0, child), end, 0, ","));
}

/** Returns the offset after the next comma, or `undefined` if something else comes first. */
function commaAfter(text: string, offset: number): number | undefined {
  const blanks = /^\s*,/.exec(text.slice(offset))?.[0].length;
  return blanks === undefined ? undefined : offset + blanks;
}

/**
 * Returns the end of the line at an offset, or the offset itself if the parent ends on that line.
 */
function lineEnd(text: string, offset: number, { offset: start, length }: Node): number {
  const end = /\r?\n/.exec(text.slice(offset))?.index;
  return end === undefined || offset + end >= start + length - 1 ? offset : offset + end;
}

/** Returns the indentation of the line at an offset. */
function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? "";
}

const splice = (text: string, at: number, length: number, inserted: string): string =>
  text.slice(0, at) + inserted + text.slice(at + length);

/** Returns the lines of `longer` that `shorter` lacks, in order. */
export function linesBetween(shorter: string, longer: string): readonly string[] {
  const remaining = shorter.split("\n");
  return longer.split("\n").filter((line) => {
    const at = remaining.indexOf(line);
    if (at !== -1) remaining.splice(at, 1);
    return at === -1;
  });
}

/** Identifies our entries: substrings of a text in them, or patterns for it. */
export type Marks = readonly (string | RegExp)[];

const isMarked = (line: string, marks: Marks): boolean =>
  marks.some((mark) => (typeof mark === "string" ? line.includes(mark) : mark.test(line)));

/** Returns which of these keys connecting adds. @throws SettingsError */
export function missingKeys(file: string, text: string, keys: readonly string[]): AddedKeys {
  const tree = treeOf(file, text);
  return {
    addedKeys: keys.filter((key) => nodeAt(tree, [key]) === undefined),
    hadHooks: nodeAt(tree, ["hooks"]) !== undefined,
  };
}

/** What connecting added besides the entries. */
export interface AddedKeys {
  /** Keys that the agent requires and the settings lacked. */
  readonly addedKeys?: readonly string[];
  /** Whether the user had hooks without these keys. */
  readonly hadHooks?: boolean;
}

/**
 * Removes our entries, lists and groups that are empty without them, and the keys that were added
 * with them. @throws SettingsError
 */
export function withoutEntries(
  file: string,
  text: string,
  entries: readonly HookEntry[],
  marks: Marks,
  { addedKeys = [], hadHooks = false }: AddedKeys = {},
): string {
  let edited = text;
  for (const { list } of entries) {
    for (;;) {
      const node = nodeAt(treeOf(file, edited), list);
      const found = node === undefined ? undefined : handlerIn(node, marks);
      if (found === undefined) break;
      edited = without(edited, found);
    }
  }
  // What the agent requires stays if the user has added hooks since.
  if (hadHooks || nodeAt(treeOf(file, edited), ["hooks"]) === undefined) {
    for (const key of addedKeys) {
      const node = nodeAt(treeOf(file, edited), [key]);
      if (node !== undefined) edited = without(edited, node);
    }
  }
  const errors: ParseError[] = [];
  treeIn(edited, errors);
  if (errors.length === 0) return edited;
  throw new SettingsError(`Remove the entries that contain "nexus" from ${file} manually. Nothing was changed.`);
}

/** Returns our innermost object: other hooks may be in the same group. */
function handlerIn(node: Node, marks: Marks): Node | undefined {
  for (const child of node.children ?? []) {
    const inner = handlerIn(child, marks);
    if (inner !== undefined) return inner;
  }
  const isOurs = node.type === "object" && textsIn(getNodeValue(node)).some((line) => isMarked(line, marks));
  return isOurs ? node : undefined;
}

/** Removes a node, and its parent if that contains nothing else, not even a comment. */
function without(text: string, node: Node): string {
  const { parent } = node;
  // An equal key before it would take effect if this one were removed.
  if (parent?.type === "property" && isRepeated(parent)) {
    return splice(text, node.offset, node.length, node.type === "array" ? "[]" : "{}");
  }
  // A property is a key and its value.
  if (parent?.type === "property") return without(text, parent);
  const siblings = parent?.children ?? [];
  const isOnlyChild = parent !== undefined && siblings.length === 1 && onlyBlanks(text, parent, node);
  if (isOnlyChild && parent.parent !== undefined) {
    const group = parent.parent.parent;
    // A group without hooks has no effect, whatever its matcher is.
    return without(text, parent.type === "array" && group?.parent?.type === "array" ? group : parent);
  }
  const [start, end] = [node.offset, node.offset + node.length];
  if (isOnlyChild) return splice(text, parent.offset + 1, parent.length - 2, "");
  const before = siblings[siblings.indexOf(node) - 1];
  const comma = commaAfter(text, end);
  // Remove its whole line, from the end of the previous entry.
  const from = before === undefined ? start : text.slice(0, start).trimEnd().length;
  const result = splice(text, from, (comma ?? end) - from, "");
  if (comma !== undefined || before === undefined) return result;
  // For the last entry, also remove the comma that was added before it.
  const earlier = commaAfter(text, before.offset + before.length);
  return earlier === undefined ? result : splice(result, earlier - 1, 1, "");
}

function isRepeated(property: Node): boolean {
  const key = property.children?.[0]?.value;
  return (property.parent?.children ?? []).filter(({ children }) => children?.[0]?.value === key).length > 1;
}

/** Returns whether a parent contains nothing but a node, whitespace and commas. */
function onlyBlanks(text: string, parent: Node, node: Node): boolean {
  const before = text.slice(parent.offset + 1, node.offset);
  const after = text.slice(node.offset + node.length, parent.offset + parent.length - 1);
  return /^[\s,]*$/.test(before + after);
}

/** Returns the shell commands and URLs in our entries; none for text that is not JSON. */
export function commandsIn(text: string, entries: readonly HookEntry[], marks: Marks): readonly string[] {
  const tree = treeIn(text);
  if (tree === undefined) return [];
  return entries.flatMap(({ list }) => textsIn(valueAt(tree, list))).filter((line) => isMarked(line, marks));
}

/** Returns every string in a value, at any depth. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

const valueAt = (tree: Node, path: readonly string[]): unknown => {
  const node = nodeAt(tree, path);
  return node === undefined ? undefined : getNodeValue(node);
};
