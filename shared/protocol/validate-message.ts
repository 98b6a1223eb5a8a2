/** Separate from `message.ts`, so that the main bundle does not load the validators. */
import type { Message } from "./message.ts";
import { object, recordOf, string, type Validator } from "./validate.ts";

export const validateMessage: Validator<Message> = object({ id: string(512), values: recordOf(string(8192), 16) });
