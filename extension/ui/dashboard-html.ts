/**
 * The dashboard's HTML document. It loads nothing: script and style are inlined, and the content
 * security policy allows only these, by nonce (ADR 0019).
 */
import { randomBytes } from "node:crypto";

/** Inserted by the build: an inlined document appears sooner than one that fetches two files. */
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
