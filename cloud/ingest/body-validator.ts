/** Validates JSON bodies without events against a schema, with the same library as the events. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { parsedJson } from "./parsed-json.ts";
import { malformed } from "./refusal.ts";

const ajv = new Ajv2020({ strict: true, validateFormats: false, messages: false });

/**
 * Returns a function that parses an object with exactly these string properties.
 * The function throws a 400 refusal for any other body.
 */
export function bodyValidator<K extends string>(
  properties: Readonly<Record<K, { readonly pattern?: string }>>,
): (body: Buffer) => Readonly<Record<K, string>> {
  const validate = ajv.compile<Readonly<Record<K, string>>>({
    type: "object",
    properties: Object.fromEntries(
      Object.entries<object>(properties).map(([name, schema]) => [name, { type: "string", ...schema }]),
    ),
    required: Object.keys(properties),
    additionalProperties: false,
  });
  return (body) => {
    const parsed = parsedJson(body);
    if (!validate(parsed)) throw malformed();
    return parsed;
  };
}
