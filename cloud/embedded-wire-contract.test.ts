/** The wire, with its log of files, chDB and PGlite. */
import { describe } from "vitest";
import { startTestServer } from "./test/test-server.ts";
import { wireContract } from "./test/wire-contract.ts";

const one = await startTestServer({ NEXUS_CLOUD_REQUESTS_PER_MINUTE: "300", NEXUS_CLOUD_REQUEST_SECONDS: "2" });
describe("on one machine, the wire", () => wireContract(one));
