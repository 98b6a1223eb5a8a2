/** `npm run screenshots`: drives the packaged extension and takes the pictures of the manual from what was seen. */
import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const pictures = ["overview-dark", "insights-dark", "tools-light"];

execFileSync("npx", ["vitest", "run", "--project", "browser", "page.test"], { cwd: root, stdio: "inherit" });
for (const name of pictures) {
  copyFileSync(join(root, "out", "screenshots", `${name}.png`), join(root, "docs", "images", `${name}.png`));
}
