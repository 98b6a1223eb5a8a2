/** The page's document: nothing but our own script and styles may load, and nothing may run inline. */
import { randomBytes } from "node:crypto";
import { type Uri, Uri as Uris, type Webview } from "vscode";

export function pageHtml(webview: Webview, distFolder: Uri): string {
  const nonce = randomBytes(18).toString("base64");
  const file = (name: string) => webview.asWebviewUri(Uris.joinPath(distFolder, name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1.0">
  <title>Nexus Telemetry</title>
  <link rel="stylesheet" href="${file("page.css")}">
</head>
<body>
  <main id="page"></main>
  <script nonce="${nonce}" src="${file("page.js")}"></script>
</body>
</html>`;
}
