/** `npm run screenshots`: runs a browser test and copies its screenshots into the documentation. */
import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const images = ["overview-dark", "insights-dark", "tools-light"];

execFileSync("npx", ["vitest", "run", "--project", "browser", "dashboard.test"], { cwd: root, stdio: "inherit" });
for (const name of images) {
  copyFileSync(join(root, "out", "screenshots", `${name}.png`), join(root, "docs", "images", `${name}.png`));
}
