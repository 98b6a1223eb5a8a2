/**
 * Runs after the extension was removed (`vscode:uninstall`): the hidden command `extension-removed`. It writes nothing without
 * consent, and deletes no data.
 */

// VS Code passes its own arguments, which the command must not parse.
process.argv = [...process.argv.slice(0, 2), "extension-removed"];
void import("./main.ts");
