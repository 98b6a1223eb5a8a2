import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyUndo, createUndo, type Undo } from "./undo.ts";

/** A text, and the insertions to make: their offsets and the inserted text. */
const additions = fc.record({ before: fc.string({ unit: "binary" }), at: fc.array(fc.nat()), piece: fc.string() });

function added({ before, at, piece }: { before: string; at: readonly number[]; piece: string }): string {
  const places = at.map((place) => place % (before.length + 1)).sort((a, b) => b - a);
  return places.reduce((text, place) => text.slice(0, place) + piece + text.slice(place), before);
}

function undoOfAdded(before: string, after: string): Undo {
  const undo = createUndo(before, after);
  if (undo === undefined) throw new Error("no undo record for a change that only inserts");
  return undo;
}

describe("undo of a settings file", () => {
  it("restores the original text byte for byte", () => {
    fc.assert(
      fc.property(additions, (change) => {
        const after = added(change);
        expect(applyUndo(after, undoOfAdded(change.before, after))).toBe(change.before);
      }),
    );
  });

  it("returns undefined for a text that changed since", () => {
    fc.assert(
      fc.property(additions, fc.string({ minLength: 1 }), (change, more) => {
        const after = added(change);
        expect(applyUndo(after + more, undoOfAdded(change.before, after))).toBeUndefined();
      }),
    );
  });

  it("returns undefined if an originally empty file changed since", () => {
    const undo = undoOfAdded("\n", '{"hooks":{}}\n');
    expect(applyUndo('{"hooks":{},"model":"mine"}\n', undo)).toBeUndefined();
  });

  it("returns no undo record if something was removed", () => {
    expect(createUndo('{"a":1,"b":2}', '{"a":1,"hooks":{}}')).toBeUndefined();
  });
});
