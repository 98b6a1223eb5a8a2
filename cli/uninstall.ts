/**
 * What the editor runs once the extension was removed (`vscode:uninstall`): one event, as any command would record it. Without
 * consent it leaves nothing. What was recorded stays the user's, until they purge it.
 */
declare const __VERSION__: string;

// The editor's own arguments are not the command's.
process.argv = [
  ...process.argv.slice(0, 2),
  "event",
  "emit",
  "uninstall",
  "--source",
  "vscode",
  "--set",
  `version=${__VERSION__}`,
];
void import("./main.ts");
