/** `nexus ledger show`: the exact request body of an entry. */
import { UsageError } from "../../exit.ts";
import { withReader } from "../../runtime.ts";

export function run(entry: number): Promise<void> {
  return withReader((reader) => {
    const body = reader.ledgerBody(entry);
    if (body === undefined)
      throw new UsageError(`Entry ${entry} has no body, or its body was deleted. See nexus ledger list.`);
    process.stdout.write(body);
  });
}
