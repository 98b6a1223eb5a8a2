/** The whole way, with its log of files, chDB and PGlite. */
import { describe } from "vitest";
import { serverContract } from "./test/server-contract.ts";
import { startTestServer } from "./test/test-server.ts";

describe("on one machine, the whole way", () => serverContract(() => startTestServer({}, "test")));
