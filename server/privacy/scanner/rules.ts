/** The scanner's rules. Matches are counted by rule; the matched text is never kept. */
export const rules = [
  "url",
  "path",
  "email",
  "ip_address",
  "mac_address",
  "coordinates",
  "hostname",
  "iban",
  "card",
  "phone",
  "number",
  "hardware_id",
  "private_key",
  "assigned_secret",
  "token",
  "too_long",
] as const;
export type Rule = (typeof rules)[number];

/** Placeholders for matches. No rule matches a placeholder, so scanning twice changes nothing. */
export const marks = {
  path: "[USER_PATH]",
  email: "[EMAIL]",
  ip_address: "[IP]",
  mac_address: "[MAC]",
  coordinates: "[PLACE]",
  hostname: "[HOST]",
  iban: "[IBAN]",
  card: "[CARD]",
  phone: "[PHONE]",
  number: "[NUMBER]",
  hardware_id: "[DEVICE]",
} as const satisfies Partial<Record<Rule, string>>;

/** Called for each match. */
export type Found = (rule: Rule) => void;
