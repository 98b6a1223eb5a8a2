/** The whole way, with its log of files, chDB and PGlite. */
import { describe } from "vitest";
import { running } from "./test/running.ts";
import { wholeContract } from "./test/whole-contract.ts";

describe("on one machine, the whole way", () => wholeContract(() => running({}, "test")));
