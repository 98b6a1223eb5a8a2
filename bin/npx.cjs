#!/usr/bin/env node
// The command of the npm package: `npx nexus-telemetry report` reads the files that agents keep; all else is `nexus`.
if (process.argv[2] === "report") process.argv.splice(2, 1, "agents", "report", "--from-history");
require("../dist/cli/nexus.cjs");
