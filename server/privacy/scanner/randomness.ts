/**
 * Whether a word was made by a machine, or to be a password: its letters, digits and signs follow each other as in no
 * name or language. No list of formats is asked, so that tomorrow's formats are found as well as today's.
 */
import letterPairs from "./letter-pairs.json" with { type: "json" };

/** Half bits by letter before and letter, as in the file; 26 is the border of a word. */
const halfBits = letterPairs.halfBits.map((row) => [...row].map((digit) => Number.parseInt(digit, 16)));
const border = 26;

/** What a word of English or of a command line takes per letter is 3 to 4.5 bits; random letters take 5.6. */
function bitsPerLetter(letters: string): number {
  let before = border;
  let sum = 0;
  for (let at = 0; at < letters.length; at += 1) {
    const letter = (letters.charCodeAt(at) | 32) - 97;
    sum += halfBits[before]?.[letter] ?? 0;
    before = letter;
  }
  return sum / (2 * letters.length);
}

const uuid = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i;
/** Words, abbreviations and numbers, as a name in camelCase is made of them. */
const pieces = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g;
const segments = /[A-Za-z0-9]+/g;

/** Shorter words say too little. */
const shortest = 8;

export function isRandom(word: string): boolean {
  if (word.length < shortest) return false;
  if (uuid.test(word)) return true;
  for (const [segment] of word.matchAll(segments)) {
    if (segment.length >= shortest && isRandomSegment(segment)) return true;
  }
  return isPassword(word) || isRandomAltogether(word);
}

function isRandomSegment(segment: string): boolean {
  const parts = segment.match(pieces) ?? [];
  const digits = segment.replace(/\D/g, "").length;
  const letters = segment.replace(/\d/g, "");
  const { length } = segment;
  // All of one repeated sign is a mask.
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

/** Letters of both cases, a digit and a sign: what rules for passwords ask for. */
function isPassword(word: string): boolean {
  return word.length <= 40 && /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word) && /[#@!$%^&?]/.test(word);
}

/** Long, and much of it digits between letters, whatever signs stand between. */
function isRandomAltogether(word: string): boolean {
  if (word.length < 14) return false;
  const letters = word.replace(/[^A-Za-z]/g, "");
  const digits = word.replace(/\D/g, "").length;
  return digits >= 2 && letters.length >= 8 && bitsPerLetter(letters) > (word.length < 20 ? 5.2 : 4.9);
}
