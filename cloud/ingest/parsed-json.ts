import { malformed } from "./refusal.ts";

/** @throws Refusal */
export function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw malformed();
  }
}
