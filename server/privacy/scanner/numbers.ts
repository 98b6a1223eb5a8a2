/** Numbers of people and their accounts: IBAN, card, phone, and any other number long enough to be somebody's. */
import { type Found, marks } from "./rules.ts";

/** ISO 13616: country, two check digits, up to 30 letters and digits, often in groups of four. */
const iban = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,9}(?![A-Za-z0-9])/gi;
/** A + and 7 to 15 digits (E.164), however they are grouped; or `tel:`. */
const internationalPhone = /(?<![\w+])(?:tel:)?\+\(?\d(?:[ ()./-]{0,3}\d){6,14}(?!\d)/gi;
/** At least seven digits, in groups. Dates, versions and sizes are shorter or have other signs between them. */
const digits = /(?<![\w.])\(?\d(?:[ ()./-]{0,2}\d){6,24}(?:\s?x\d{1,6})?(?![\w])/g;

/** Numbers of passports, licences and the like: capital letters around at least five digits. */
const documentId =
  /(?<![\w-])(?=[A-Z0-9]{0,12}[A-Z])(?=[A-Z]{0,5}\d{5}|\d{5,}[A-Z])[A-Z0-9]{7,14}(?![\w])|(?<!\w)\d{6}[-+A-Y]\d{3}[0-9A-Z](?!\w)/g;

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
    .replace(documentId, () => mark("number"))
    .replace(digits, (hit) => {
      const bare = hit.replace(/\D/g, "");
      if (bare.length >= 12 && bare.length <= 19 && passesLuhn(bare)) return mark("card");
      return isSomebodys(hit, bare) ? mark("number") : hit;
    });
}

/** How many characters of `text`, which may go on with the next word, are an IBAN; 0 where none are. */
function ibanLength(text: string): number {
  for (let end = text.length; end >= 15; end -= 1) {
    if (/[A-Za-z0-9]/.test(text[end - 1] ?? "") && !/[A-Za-z0-9]/.test(text[end] ?? "") && isIban(text.slice(0, end))) {
      return end;
    }
  }
  return 0;
}

/** ISO 7064 MOD 97-10 over the rearranged letters and digits. */
function isIban(text: string): boolean {
  const bare = text.replace(/[ -]/g, "").toUpperCase();
  if (bare.length < 15 || bare.length > 34) return false;
  let remainder = 0;
  for (const char of bare.slice(4) + bare.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isSomebodys(hit: string, bare: string): boolean {
  return bare.length >= 9 || /\d{3}[-. )]\d{2,4}|\d{2}[ -]\d{5}|(?:\d[-. ]\d.*){2}/.test(hit);
}
