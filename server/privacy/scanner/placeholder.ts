/** Whether a value that is called secret only stands for one: a variable, a word, an example. */
export function isPlaceholder(value: string): boolean {
  return /^[-$%{<*.|[]|^[a-z]+(?:[-_./][a-z]+)*$|^[A-Z]+(?:[-_][A-Z]+)*$|^(.)\1*$/.test(value);
}

/** Words that stand where a password would: what it is, whose it is, or that there is none. */
const standIn =
  /^(?:[%{<*[]|\$[A-Z_{(]|\.{1,3}$|x+$|\*+$|(?:an?|be|bool|changeme|default|empty|env|example|false|file|from|hash|in|input|is|keep|key|max|min|my|new|nil|no|none|null|old|or|pass|password|passwd|passphrase|path|placeholder|plain|plaintext|prompt|pwd|required|secret|set|some|stdin|str|string|text|the|to|token|true|undefined|user|username|value|var|with|your)(?:[-_./:,|\\][\w./:|\\-]*|s|[)\]}]+)?$)/i;

/** Whether what is called a password is only spoken of. */
export function isNoPassword(value: string): boolean {
  return standIn.test(value);
}
