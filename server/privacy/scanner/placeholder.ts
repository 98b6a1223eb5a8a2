/** Whether a value that is called secret only stands for one: a variable, a word, an example. */
export function isPlaceholder(value: string): boolean {
  return /^[-$%{<*.|[]|^[a-z]+(?:[-_./][a-z]+)*$|^[A-Z]+(?:[-_][A-Z]+)*$|^(.)\1*$/.test(value);
}
