/**
 * Runs after the extension was removed (`vscode:uninstall`): records one `uninstall` event through
 * the command. Writes nothing without consent, and deletes nothing.
 */
declare const __VERSION__: string;

// VS Code passes its own arguments, which the command must not parse.
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
