/** The page's document, whole: nothing is loaded, and nothing may run but our own script and style, by a nonce. */
import { randomBytes } from "node:crypto";

/** Put in by the build: with them in the document it stands there sooner than with two files to be fetched. */
declare const __DASHBOARD_SCRIPT__: string;
declare const __DASHBOARD_STYLE__: string;

export function dashboardHtml(): string {
  const nonce = randomBytes(18).toString("base64");
  const policy = `default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1.0">
  <title>Nexus Telemetry</title>
  <style nonce="${nonce}">${__DASHBOARD_STYLE__}</style>
</head>
<body>
  <main id="page"></main>
  <script nonce="${nonce}">${__DASHBOARD_SCRIPT__}</script>
</body>
</html>`;
}
