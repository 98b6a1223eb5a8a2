/**
 * The operator file in the data folder, mode 0600: URL and token for commands to the running
 * server.
 */
import { join } from "node:path";
import * as z from "zod";
import { readJsonFile, writeAtomically } from "./atomic-file.ts";

const document = z.object({ url: z.string(), token: z.string() });
export type OperatorFile = z.infer<typeof document>;

const pathOf = (data: string): string => join(data, "operator.json");

export const writeOperatorFile = (data: string, content: OperatorFile): Promise<void> =>
  writeAtomically(pathOf(data), JSON.stringify(content));

/**
 * Reads the operator file; `undefined` if it is missing or has another shape.
 * @throws Error if it is not JSON.
 */
export function readOperatorFile(data: string): OperatorFile | undefined {
  return document.safeParse(readJsonFile(pathOf(data), "Restart the server.")).data;
}
