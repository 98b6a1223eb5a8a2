import { expect, it } from "vitest";
import { kafkaAddress } from "./kafka-address.ts";

it("parses a topic address with and without TLS and user", () => {
  expect(kafkaAddress("kafka://127.0.0.1:9092/nexus-events")).toEqual({
    brokers: ["127.0.0.1:9092"],
    topic: "nexus-events",
    tls: false,
    sasl: undefined,
  });
  expect(kafkaAddress("kafkas://ingest:a%40b@a.example:9093,b.example:9093/t.1")).toEqual({
    brokers: ["a.example:9093", "b.example:9093"],
    topic: "t.1",
    tls: true,
    sasl: { username: "ingest", password: "a@b" },
  });
});

it.each([
  "files",
  "kafka://",
  "kafka://host/topic",
  "kafka://host:9092",
  "kafka://host:9092/",
  "kafka://host:9092/a/b",
  "http://host:9092/t",
  "kafka://u@host:9092/t",
  "kafka://host:9092/a b",
])("rejects %s", (text) => expect(kafkaAddress(text)).toBeUndefined());
