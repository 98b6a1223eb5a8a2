/**
 * ClickHouse's HTTP interface on top of chDB, for tests without a ClickHouse server: query in the
 * body or URL, parameters in the URL. `node clickhouse-front.ts FOLDER [PORT]` prints its port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Session } from "chdb";

const session = new Session(process.argv[2]);
/** Queries run one after the other, because parameters are set on the session. */
let queue: Promise<unknown> = Promise.resolve();

const quoted = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

async function run(url: URL, body: string): Promise<string> {
  const query = [url.searchParams.get("query") ?? "", body].filter((part) => part !== "").join("\n");
  for (const [name, value] of url.searchParams) {
    if (name.startsWith("param_")) await session.queryAsync(`SET ${name} = ${quoted(value)}`);
  }
  return (await session.queryAsync(query, { format: "TabSeparated" })).text();
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const body = await text(request);
  if (url.pathname === "/ping") {
    response.end("Ok.\n");
    return;
  }
  const result = queue.then(() => run(url, body));
  queue = result.catch(() => undefined);
  try {
    response.end(await result);
  } catch (error) {
    response.writeHead(500, { "x-clickhouse-exception-code": "1" }).end(String(error));
  }
});
server.listen(Number(process.argv[3] ?? 0), "127.0.0.1", () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
);
