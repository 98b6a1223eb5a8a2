import { describe, expect, it } from "vitest";
import { checkSql, SqlError } from "./check-sql.ts";

describe("a statement of the user's", () => {
  it.each([
    "SELECT 1",
    "select ';' AS \"a;b\", [c;d] FROM x -- ; DROP TABLE x",
    "/* ; */ WITH a AS (SELECT 1) SELECT * FROM a;",
    "VALUES (1), (2) ;\n-- the end",
    "EXPLAIN QUERY PLAN SELECT 1",
    "SELECT 'it''s; fine'",
    "SELECT 'pragma_x' -- pragma_y",
  ])("may read: %s", (text) => {
    expect(checkSql(text)).toBe(text);
  });

  it.each([
    ["DELETE FROM events", "DELETE is not allowed"],
    ["pragma query_only = off", "PRAGMA is not allowed"],
    ["ATTACH 'x' AS y", "ATTACH is not allowed"],
    ["-- SELECT\nINSERT INTO x VALUES (1)", "INSERT is not allowed"],
    ["SELECT 1; SELECT 2", "Only one statement"],
    ["SELECT 1;;; DROP TABLE x", "Only one statement"],
    ["  ; -- nothing", "is empty"],
    ["", "is empty"],
    ["(SELECT 1)", "is empty"],
    ["SELECT * FROM pragma_journal_mode", "PRAGMA is not allowed"],
    ['SELECT * FROM "pragma_journal_mode"', "PRAGMA is not allowed"],
  ])("is refused: %s", (text, reason) => {
    expect(() => checkSql(text)).toThrow(SqlError);
    expect(() => checkSql(text)).toThrow(reason);
  });
});
