/** The wire contract with embedded stores: file log, chDB and PGlite. */
import { describe } from "vitest";
import { startTestServer } from "./test/test-server.ts";
import { wireContract } from "./test/wire-contract.ts";

const testServer = await startTestServer({ NEXUS_CLOUD_REQUESTS_PER_MINUTE: "300", NEXUS_CLOUD_REQUEST_SECONDS: "2" });
describe("wire protocol with embedded stores", () => wireContract(testServer));
