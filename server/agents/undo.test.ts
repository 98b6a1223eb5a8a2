import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Undo, undone, undoOf } from "./undo.ts";

/** What something may be put into, and the places and pieces that are put in, in rising order of place. */
const additions = fc.record({ before: fc.string({ unit: "binary" }), at: fc.array(fc.nat()), piece: fc.string() });

function added({ before, at, piece }: { before: string; at: readonly number[]; piece: string }): string {
  const places = at.map((place) => place % (before.length + 1)).sort((a, b) => b - a);
  return places.reduce((text, place) => text.slice(0, place) + piece + text.slice(place), before);
}

function undoOfAdded(before: string, after: string): Undo {
  const undo = undoOf(before, after);
  if (undo === undefined) throw new Error("something was only put in, and no undo is known");
  return undo;
}

describe("undo of a settings file", () => {
  it("gives back the text before, to the byte", () => {
    fc.assert(
      fc.property(additions, (change) => {
        const after = added(change);
        expect(undone(after, undoOfAdded(change.before, after))).toBe(change.before);
      }),
    );
  });

  it("leaves a text that was changed since", () => {
    fc.assert(
      fc.property(additions, fc.string({ minLength: 1 }), (change, more) => {
        const after = added(change);
        expect(undone(after + more, undoOfAdded(change.before, after))).toBeUndefined();
      }),
    );
  });

  it("leaves what was written since into a file that was empty", () => {
    const undo = undoOfAdded("\n", '{"hooks":{}}\n');
    expect(undone('{"hooks":{},"model":"mine"}\n', undo)).toBeUndefined();
  });

  it("knows none where something was taken out", () => {
    expect(undoOf('{"a":1,"b":2}', '{"a":1,"hooks":{}}')).toBeUndefined();
  });
});
