import { describe, expect, it } from "vitest";
import { arrayOf, enumOf, integer, nullable, object, string, taggedUnion, ValidationError } from "./validate.ts";

const person = object({ name: string(5), age: nullable(integer(0, 150)) });

describe("validators", () => {
  it("returns a valid value", () => {
    expect(person({ name: "Ada", age: 36 }, "p")).toEqual({ name: "Ada", age: 36 });
    expect(arrayOf(enumOf(["a", "b"]), 3)(["a", "b", "a"], "l")).toEqual(["a", "b", "a"]);
  });

  it.each([
    [{ name: "Ada" }, "p.age"],
    [{ name: "Augusta", age: 1 }, "p.name"],
    [{ name: "Ada", age: 1.5 }, "p.age"],
    [{ name: "Ada", age: Number.NaN }, "p.age"],
    [{ name: "Ada", age: 1, secret: "hunter2" }, "p:"],
    [null, "p:"],
    [[], "p:"],
  ])("refuses %j and names the path", (value, path) => {
    expect(() => person(value, "p")).toThrow(ValidationError);
    expect(() => person(value, "p")).toThrow(path);
  });

  it("never quotes a refused value", () => {
    const secret = "sk-very-secret";
    let refused = 0;
    for (const check of [enumOf(["a"]), string(3), integer(), object({}), taggedUnion("t", { a: object({}) })]) {
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

  it("accepts no inherited property as a field or variant", () => {
    expect(() => object({})(JSON.parse('{"__proto__": {}}'), "r")).toThrow(ValidationError);
    expect(() => taggedUnion("t", { a: object({}) })({ t: "constructor" }, "v")).toThrow(ValidationError);
  });

  it("refuses an array that is too long", () => {
    expect(() => arrayOf(integer(), 2)([1, 2, 3], "l")).toThrow("up to 2");
  });
});
