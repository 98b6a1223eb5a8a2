/** Names for workspaces whose names are not known: only their hashes are stored. */

/** Returns "Workspace A" for the first of them, "Workspace AA" for the 27th. */
export function workspaceName(index: number): string {
  let letters = "";
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return `Workspace ${letters}`;
}
