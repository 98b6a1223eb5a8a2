/** Shows messages in the language of VS Code, where a translation is bundled. */
import { l10n } from "vscode";
import { type Bundle, type Message, textOf, textsOf } from "../../shared/protocol/message.ts";

/** Translations by English text; empty in English. */
export const bundle = (): Bundle => l10n.bundle ?? {};

export const translated = (message: Message): string => textOf(message, bundle());

export const allTranslated = (messages: readonly Message[]): string => textsOf(messages, bundle());
