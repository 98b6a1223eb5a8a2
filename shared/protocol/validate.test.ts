import { describe, expect, it } from "vitest";
import { CheckError, listOf, nullable, oneOf, record, text, whole, word } from "./validate.ts";

const person = record({ name: text(5), age: nullable(whole(0, 150)) });

describe("checks", () => {
  it("returns what fits", () => {
    expect(person({ name: "Ada", age: 36 }, "p")).toEqual({ name: "Ada", age: 36 });
    expect(listOf(word(["a", "b"]), 3)(["a", "b", "a"], "l")).toEqual(["a", "b", "a"]);
  });

  it.each([
    [{ name: "Ada" }, "p.age"],
    [{ name: "Augusta", age: 1 }, "p.name"],
    [{ name: "Ada", age: 1.5 }, "p.age"],
    [{ name: "Ada", age: Number.NaN }, "p.age"],
    [{ name: "Ada", age: 1, secret: "hunter2" }, "p:"],
    [null, "p:"],
    [[], "p:"],
  ])("refuses %j and names the place", (value, place) => {
    expect(() => person(value, "p")).toThrow(CheckError);
    expect(() => person(value, "p")).toThrow(place);
  });

  it("never quotes the value it refuses", () => {
    const secret = "sk-very-secret";
    let refused = 0;
    for (const check of [word(["a"]), text(3), whole(), record({}), oneOf("t", { a: record({}) })]) {
      for (const value of [secret, { t: secret }, { [secret]: 1 }]) {
        try {
          check(value, "v");
        } catch (error) {
          refused += 1;
          expect(String(error)).not.toContain(secret);
        }
      }
    }
    expect(refused).toBe(15);
  });

  it("takes no inherited name for a field or a variant", () => {
    expect(() => record({})(JSON.parse('{"__proto__": {}}'), "r")).toThrow(CheckError);
    expect(() => oneOf("t", { a: record({}) })({ t: "constructor" }, "v")).toThrow(CheckError);
  });

  it("refuses a list that is too long", () => {
    expect(() => listOf(whole(), 2)([1, 2, 3], "l")).toThrow("at most 2");
  });
});
