/**
 * Detects machine-generated words and passwords by the sequence of their letters, digits and
 * symbols. Does not depend on a list of formats, so that it also detects future ones.
 */
import letterPairs from "./letter-pairs.json" with { type: "json" };

/** Information of a letter after another one, in half bits; index 26 is the start of a word. */
const halfBits = letterPairs.halfBits.map((row) => [...row].map((digit) => Number.parseInt(digit, 16)));
const wordStart = 26;

/** Returns 3 to 4.5 bits for words of English and command lines, about 5.6 for random letters. */
function bitsPerLetter(letters: string): number {
  let previous = wordStart;
  let sum = 0;
  for (let at = 0; at < letters.length; at += 1) {
    const letter = (letters.charCodeAt(at) | 32) - 97;
    sum += halfBits[previous]?.[letter] ?? 0;
    previous = letter;
  }
  return sum / (2 * letters.length);
}

const uuid = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i;
/** The words, abbreviations and numbers of a camelCase name. */
const pieces = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g;
const segments = /[A-Za-z0-9]+/g;

/** Shorter words contain too little information to decide. */
const minLength = 8;

export function isRandom(word: string): boolean {
  if (word.length < minLength) return false;
  if (uuid.test(word)) return true;
  for (const [segment] of word.matchAll(segments)) {
    if (segment.length >= minLength && isRandomSegment(segment)) return true;
  }
  return isPassword(word) || isRandomWithSymbols(word);
}

function isRandomSegment(segment: string): boolean {
  const parts = segment.match(pieces) ?? [];
  const digits = segment.replace(/\D/g, "").length;
  const letters = segment.replace(/\d/g, "");
  const { length } = segment;
  // One repeated character is a mask.
  if (/^(.)\1*$/.test(letters) && digits === 0) return false;
  if (digits > 0 && letters.length > 0) {
    if (length >= 16 && /^[0-9a-f]+$/i.test(segment)) return true;
    if (parts.length >= 4 && length / parts.length < 3) return true;
    if (parts.length >= 5 && length / parts.length <= 3.2) return true;
    if (parts.length >= 3 && bitsPerLetter(letters) > (length >= 10 ? 4.7 : 5.2)) return true;
    if (length >= 12 && bitsPerLetter(letters) > 5.3) return true;
  }
  if (digits === 0 && parts.length >= 5 && length / parts.length <= 3.3 && bitsPerLetter(letters) > 4.8) return true;
  if (digits === 0 && parts.length >= 4 && length / parts.length <= 2.7 && length >= 10) return true;
  return letters.length >= 12 && bitsPerLetter(letters) > (letters.length >= 20 ? 5 : 5.3);
}

/** Matches the usual password rules: both cases, a digit and a symbol. */
function isPassword(word: string): boolean {
  return word.length <= 40 && /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word) && /[#@!$%^&?]/.test(word);
}

/** Tests a long word as a whole, ignoring symbols. */
function isRandomWithSymbols(word: string): boolean {
  if (word.length < 14) return false;
  const letters = word.replace(/[^A-Za-z]/g, "");
  const digits = word.replace(/\D/g, "").length;
  return digits >= 2 && letters.length >= 8 && bitsPerLetter(letters) > (word.length < 20 ? 5.2 : 4.9);
}
