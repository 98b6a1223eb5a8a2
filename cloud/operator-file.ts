/** Where the running server takes the operator's commands, and the token they need: a file in the data folder, private to its user. */
import { join } from "node:path";
import * as z from "zod";
import { readJsonFile, writeAtomically } from "./atomic-file.ts";

const document = z.object({ url: z.string(), token: z.string() });
export type OperatorFile = z.infer<typeof document>;

const pathOf = (data: string): string => join(data, "operator.json");

export const writeOperatorFile = (data: string, content: OperatorFile): Promise<void> =>
  writeAtomically(pathOf(data), JSON.stringify(content));

/** `undefined` where there is none that can be read. */
export function readOperatorFile(data: string): OperatorFile | undefined {
  return document.safeParse(readJsonFile(pathOf(data), "Start the server once more.")).data;
}
