import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { message, textOf, textsOf, verbatim } from "./message.ts";
import { validateMessage } from "./validate-message.ts";

describe("messages", () => {
  it("fills in the values, each as often as it is named", () => {
    const found = message("{count} of {total} files: {count}", { count: 2, total: "10" });
    expect(textOf(found)).toBe("2 of 10 files: 2");
    expect(textsOf([found, message("Done.")])).toBe("2 of 10 files: 2 Done.");
  });

  it("uses a translation, which may order the values differently", () => {
    const bundle = { "{from} to {to}": "nach {to} von {from}" };
    expect(textOf(message("{from} to {to}", { from: "a", to: "b" }), bundle)).toBe("nach b von a");
    expect(textOf(message("Not in the bundle."), bundle)).toBe("Not in the bundle.");
  });

  it("accepts exactly the values that the text names", () => {
    // @ts-expect-error: a missing value
    message("{name} is locked.");
    // @ts-expect-error: another name
    message("{name} is locked.", { file: "x" });
    // @ts-expect-error: a value that the text does not name
    message("Done.", { name: "x" });
  });

  it("never reads a value as a template", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(textOf(message("{a}", { a: text }))).toBe(text);
        expect(textOf(verbatim(text))).toBe(text);
      }),
    );
  });

  it("survives a process boundary", () => {
    const sent = message("{database} is not writable.", { database: "/x" });
    expect(validateMessage(JSON.parse(JSON.stringify(sent)), "problem")).toEqual(sent);
    expect(() => validateMessage({ id: "x" }, "problem")).toThrow("problem.values");
  });
});
