/** Shows messages in the language of VS Code; the extension sends the bundle with each state. */
import { type Bundle, type Message, textOf, textsOf } from "../shared/protocol/message.ts";

let current: Bundle = {};

export function setBundle(bundle: Bundle): void {
  current = bundle;
}

export const translated = (message: Message): string => textOf(message, current);

export const allTranslated = (messages: readonly Message[]): string => textsOf(messages, current);
