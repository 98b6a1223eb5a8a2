/** Accepts one statement that reads. The database is opened for reading too; this gives the clearer error. */

/** The statement is not accepted, or SQLite refused it. The message is for the user. */
export class SqlError extends Error {
  override readonly name = "SqlError";
}

const reading = new Set(["SELECT", "WITH", "VALUES", "EXPLAIN"]);
/** Comments, quoted texts and names, and anything else, one character at a time. */
const token = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\s\S]/g;
const isBlank = (text: string): boolean => /^(\s|--|\/\*)/.test(text);

/** Outside of quoted texts and comments; a quoted name counts. */
const usesPragma = (text: string): boolean =>
  /\bpragma_/i.test(
    text.replace(token, (part) => (part.startsWith("'") || (part.length > 1 && isBlank(part)) ? " " : part)),
  );

/** Returns the statement without a semicolon at its end. @throws SqlError */
export function checkSql(text: string): string {
  let isEnded = false;
  let first = "";
  let isInFirst = true;
  for (const [part] of text.matchAll(token)) {
    if (isBlank(part)) {
      if (first !== "") isInFirst = false;
    } else if (part === ";") {
      isEnded = true;
      isInFirst = false;
    } else {
      if (isEnded) throw new SqlError("Only one statement is allowed.");
      if (isInFirst && /^\w$/.test(part)) first += part;
      else isInFirst = false;
    }
  }
  if (usesPragma(text)) throw new SqlError("PRAGMA is not allowed, also not as a table.");
  if (first === "") throw new SqlError("The statement is empty. Example: SELECT * FROM events_readable LIMIT 5");
  if (!reading.has(first.toUpperCase()))
    throw new SqlError(`${first.slice(0, 20).toUpperCase()} is not allowed: only SELECT, WITH, VALUES and EXPLAIN.`);
  return text;
}
