/** The address of a topic as one text: `kafka://user:password@host:port,host:port/topic`; `kafkas://` with TLS; the user only where the brokers ask for one. */

export interface KafkaAddress {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly tls: boolean;
  /** SCRAM-SHA-512 (RFC 7677's method with SHA-512). */
  readonly sasl: { readonly username: string; readonly password: string } | undefined;
}

const pattern =
  /^kafka(?<tls>s?):\/\/(?:(?<user>[^:@/]+):(?<password>[^@/]+)@)?(?<brokers>[^@/,\s]+:\d{1,5}(?:,[^@/,\s]+:\d{1,5})*)\/(?<topic>[\w.-]{1,200})$/;

/** `undefined` where the text is none. User and password are percent-encoded (RFC 3986, section 2.1). */
export function kafkaAddress(text: string): KafkaAddress | undefined {
  const { tls, user, password, brokers, topic } = pattern.exec(text)?.groups ?? {};
  if (brokers === undefined || topic === undefined) return undefined;
  const sasl =
    user === undefined || password === undefined
      ? undefined
      : { username: decodeURIComponent(user), password: decodeURIComponent(password) };
  return { brokers: brokers.split(","), topic, tls: tls === "s", sasl };
}
