/** The `nexus` command's first step: on a Node that is too old nothing else is loaded. */
import { terminalText } from "../shared/text/terminal-text.ts";

const oldest = [22, 14];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < (oldest[0] ?? 0) || (major === oldest[0] && minor < (oldest[1] ?? 0))) {
  process.stderr.write(`nexus needs Node ${oldest.join(".")} or newer; this is Node ${process.versions.node}.\n`);
  process.exitCode = 2;
} else {
  // Whoever reads may stop reading, as `head` does: then it ends as a program does whose pipe broke.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 141 : 1));
  }
  // For this process alone: what it starts may be another editor.
  delete process.env["ELECTRON_RUN_AS_NODE"];
  // Whatever is created is for the user alone.
  process.umask(0o077);
  import("./program.ts")
    .then(({ run }) => run(process.argv))
    .catch((error: unknown) => {
      const text = error instanceof Error ? error.message : "this did not work";
      process.stderr.write(`nexus: ${terminalText(text)}\n`);
      process.exitCode = 1;
    });
}
