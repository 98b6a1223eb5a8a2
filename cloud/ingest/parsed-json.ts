/**
 * Parses JSON from clients. A megabyte of brackets takes 0.1 s to parse, so bodies with more
 * containers than any batch has are refused before parsing.
 */
import { malformed } from "./refusal.ts";

/**
 * Limits for objects and arrays and their depth. A batch of 1,000 events has about 10,000
 * containers, depth 4.
 */
const [maxContainers, maxDepth] = [100_000, 4_096];

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}');

function isTooMuch(body: Buffer): boolean {
  let [depth, containers, inText] = [0, 0, false];
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (inText) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inText = false;
    } else if (byte === quote) inText = true;
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      containers += 1;
      if (depth > maxDepth || containers > maxContainers) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
  }
  return false;
}

/** @throws Refusal */
export function parsedJson(body: Buffer): unknown {
  if (isTooMuch(body)) throw malformed();
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw malformed();
  }
}
