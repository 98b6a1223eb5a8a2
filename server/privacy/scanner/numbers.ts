/** Replaces IBAN, card and phone numbers, and other numbers long enough to be personal. */
import { type Found, marks } from "./rules.ts";

/** Separators between groups: spaces, underscores, hyphens and dashes. */
const gap = String.raw`[ \t\u00a0\u2007\u202f_\u2010-\u2015-]`;

/** ISO 13616: country, two check digits, up to 30 letters and digits, often in groups of four. */
const iban = new RegExp(String.raw`(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:${gap}?[A-Z0-9]){11,30}`, "gi");
/** ISO/IEC 7812: 12 to 19 digits that pass the Luhn check, also directly next to letters. */
const card = new RegExp(String.raw`(?<!\d)\d(?:${gap}{0,3}\d){11,18}(?!\d)`, "g");
/** A + and 7 to 15 digits (E.164) in any grouping, also after `tel:`. */
const internationalPhone = /(?<![\w+])(?:tel:)?\+\(?\d(?:[ ()./\u00a0\u202f\u2010-\u2015-]{0,3}\d){6,14}(?!\d)/gi;
/** At least seven digits, in groups. Versions and sizes are shorter or use other separators. */
const digits = /(?<![\w.])\(?\d(?:[ ()./\u00a0\u202f-]{0,2}\d){6,24}(?:\s?x\d{1,6})?(?![\w])/g;
/** Passports, licences and similar: at least five digits with capital letters. */
const documentId =
  /(?<![\w-])(?=[A-Z0-9]{0,12}[A-Z])(?=[A-Z]{0,5}\d{5}|\d{5,}[A-Z])[A-Z0-9]{7,14}(?![\w])|(?<!\w)\d{6}[-+A-Y]\d{3}[0-9A-Z](?!\w)/g;

/** A date (ISO 8601), or a version with three numbers. */
const dateOrVersion = /^(?:(?:19|20)\d{2}-[01]\d-[0-3]\d|\d{1,4}\.\d{1,4}\.\d{1,4})$/;

export function redactNumbers(text: string, found: Found): string {
  if (!/\d/.test(text)) return text;
  const mark = (rule: keyof typeof marks) => {
    found(rule);
    return marks[rule];
  };
  return text
    .replace(iban, (hit) => {
      const length = ibanLength(hit);
      return length === 0 ? hit : mark("iban") + hit.slice(length);
    })
    .replace(internationalPhone, () => mark("phone"))
    .replace(card, (hit) => (passesLuhn(hit.replace(/\D/g, "")) ? mark("card") : hit))
    .replace(documentId, () => mark("number"))
    .replace(digits, (hit) => (isPersonal(hit) ? mark("number") : hit));
}

/** From the shortest IBAN (Norway) to the longest that the standard allows. */
const minIbanLength = 15;
const maxIbanLength = 34;

/** Returns the length of the IBAN at the start of `text`, with separators; 0 if there is none. */
function ibanLength(text: string): number {
  const characters = text.replace(/[^A-Za-z0-9]/g, "");
  for (let length = Math.min(characters.length, maxIbanLength); length >= minIbanLength; length -= 1) {
    if (!isIban(characters.slice(0, length))) continue;
    let seen = 0;
    let at = 0;
    for (; seen < length; at += 1) if (/[A-Za-z0-9]/.test(text[at] ?? "")) seen += 1;
    return at;
  }
  return 0;
}

/** ISO 7064 MOD 97-10 over the rearranged letters and digits. */
function isIban(characters: string): boolean {
  let remainder = 0;
  for (const char of characters.slice(4) + characters.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(number: string): boolean {
  let sum = 0;
  for (let fromEnd = 0; fromEnd < number.length; fromEnd += 1) {
    const digit = Number(number[number.length - 1 - fromEnd]);
    const doubled = fromEnd % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isPersonal(hit: string): boolean {
  if (dateOrVersion.test(hit)) return false;
  const digitsOnly = hit.replace(/\D/g, "");
  return digitsOnly.length >= 9 || /\d{3}[-. )]\d{2,4}|\d{2}[ -]\d{5}|(?:\d[-. ]\d.*){2}/.test(hit);
}
