/** `nexus ledger show`: the exact body that an entry sent. */
import { UsageError } from "../../exit.ts";
import { withReader } from "../../runtime.ts";

export function run(entry: number): Promise<void> {
  return withReader((observer) => {
    const body = observer.ledgerBody(entry);
    if (body === undefined)
      throw new UsageError(`Entry ${entry} has no body, or it was deleted. See nexus ledger list.`);
    process.stdout.write(body);
  });
}
