/** The whole way, with its log of files, chDB and PGlite. */
import { describe } from "vitest";
import { wholeContract } from "./test/server-contract.ts";
import { running } from "./test/test-server.ts";

describe("on one machine, the whole way", () => wholeContract(() => running({}, "test")));
