/** Returns the options of a list separated by blanks: `-c --command`. */
export const optionSet = (list = ""): ReadonlySet<string> => new Set(list.split(" "));
