/**
 * The address of a Kafka topic: `kafka://user:password@host:port,host:port/topic`, or `kafkas://`
 * for TLS. User and password are optional.
 */

export interface KafkaAddress {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly tls: boolean;
  /** For SCRAM-SHA-512 (RFC 7677 with SHA-512). */
  readonly sasl: { readonly username: string; readonly password: string } | undefined;
}

const pattern =
  /^kafka(?<tls>s?):\/\/(?:(?<user>[^:@/]+):(?<password>[^@/]+)@)?(?<brokers>[^@/,\s]+:\d{1,5}(?:,[^@/,\s]+:\d{1,5})*)\/(?<topic>[\w.-]{1,200})$/;

/**
 * Parses an address; `undefined` if it is invalid. User and password are percent-encoded (RFC 3986,
 * section 2.1).
 */
export function kafkaAddress(text: string): KafkaAddress | undefined {
  const { tls, user, password, brokers, topic } = pattern.exec(text)?.groups ?? {};
  if (brokers === undefined || topic === undefined) return undefined;
  const sasl =
    user === undefined || password === undefined
      ? undefined
      : { username: decodeURIComponent(user), password: decodeURIComponent(password) };
  return { brokers: brokers.split(","), topic, tls: tls === "s", sasl };
}
