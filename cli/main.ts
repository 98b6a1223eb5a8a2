/** Entry point of the `nexus` command: checks the Node version before it loads the rest. */
import { writeSync } from "node:fs";
import { terminalText } from "../shared/text/terminal-text.ts";

const minVersion = [22, 14];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < (minVersion[0] ?? 0) || (major === minVersion[0] && minor < (minVersion[1] ?? 0))) {
  process.stderr.write(`nexus needs Node ${minVersion.join(".")} or newer; this is Node ${process.versions.node}.\n`);
  process.exitCode = 2;
} else {
  // A reader such as `head` may close the pipe early: exit with 128 + SIGPIPE, as shells report it.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(141);
      // Synchronous, and another stream may still work.
      if (stream === process.stdout) writeSync(2, `nexus: standard output cannot be written (${error.code})\n`);
      process.exit(1);
    });
  }
  // Child processes must not inherit it: `nexus run` may start another Electron application.
  delete process.env["ELECTRON_RUN_AS_NODE"];
  // Created files are readable by the user only.
  process.umask(0o077);
  import("./program.ts")
    .then(({ run }) => run(process.argv))
    .catch((error: unknown) => {
      const text = error instanceof Error ? error.message : "unexpected error";
      process.stderr.write(`nexus: ${terminalText(text)}\n`);
      process.exitCode = 1;
    });
}
