/** Returns whether the value of a secret is a placeholder: a variable, a word, an example. */
export function isPlaceholder(value: string): boolean {
  return /^[-$%{<*.|[]|^[a-z]+(?:[-_./][a-z]+)*$|^[A-Z]+(?:[-_][A-Z]+)*$|^(.)\1*$/.test(value);
}

/** Words that are used in place of a password in documentation, code and templates. */
const placeholderWord =
  /^(?:[%{<*[]|\$[A-Z_{(]|\.{1,3}$|x+$|\*+$|(?:an?|be|bool|changeme|default|empty|env|example|false|file|from|hash|in|input|is|keep|key|max|min|my|new|nil|no|none|null|old|or|pass|password|passwd|passphrase|path|placeholder|plain|plaintext|prompt|pwd|required|secret|set|some|stdin|str|string|text|the|to|token|true|undefined|user|username|value|var|with|your)(?:[-_./:,|\\][\w./:|\\-]*|s|[)\]}]+)?$)/i;

/** Returns whether the value of a password is a placeholder. */
export function isNotPassword(value: string): boolean {
  return placeholderWord.test(value);
}
