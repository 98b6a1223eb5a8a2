/** What the scanner can find. A rule is counted by its name; what it found is never kept. */
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

/** What takes the place of something found. No rule finds anything in these, so that scanning twice changes nothing. */
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

/** Called for every finding. */
export type Found = (rule: Rule) => void;
