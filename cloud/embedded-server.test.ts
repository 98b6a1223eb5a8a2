/** The server contract with embedded stores: file log, chDB and PGlite. */
import { describe } from "vitest";
import { serverContract } from "./test/server-contract.ts";
import { startTestServer } from "./test/test-server.ts";

describe("server with embedded stores", () => serverContract(() => startTestServer({}, "test")));
