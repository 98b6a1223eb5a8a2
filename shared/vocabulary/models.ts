/**
 * Public names of language models, without provider and date: listed here, generated from a price
 * table, or in the form of a public family. Every other name becomes `other`, because it may be a
 * private deployment name.
 */
import generated from "./model-names.json" with { type: "json" };

const listed = ["gpt-oss-120b", "gpt-oss-20b", "llama-4-maverick", "llama-4-scout", "mixtral-8x7b", "other"];

/**
 * The names of public families, so that a new version needs no update. The pattern is also an
 * extended regular expression (POSIX) without intervals: awk and Python use it too.
 */
const families = [
  "claude-(opus|sonnet|haiku|fable|mythos)-[1-9](-[0-9][0-9]?)?",
  "gpt-[3-9]([.][0-9][0-9]?)?(-chat|-codex|-codex-spark|-sol|-terra|-luna|-astra|-cyber)?(-max)?(-mini|-nano|-pro)?",
  "o[1-9](-mini|-pro)?",
  "codex-mini",
  "gemini-[1-9]([.][0-9])?-(pro|flash|ultra)(-lite)?",
  "grok-[2-9]([.][0-9][0-9]?)?(-mini)?(-fast)?(-reasoning|-non-reasoning)?",
  "grok-code-fast-[1-9]",
  "composer-[1-9]([.][0-9])?",
  "deepseek-(v[2-9](([.]|-)[0-9])?(-flash|-pro)?|r[1-9])",
  "qwen[1-9]([.][0-9])?(-coder)?(-max|-plus|-flash)?",
  "kimi-k[1-9]([.][0-9])?(-code|-pro|-thinking)?",
  "glm-[4-9]([.][0-9])?(-air|-flash|-code)?",
  "minimax-m[1-9]([.][0-9])?",
  "llama-[2-9]([.][0-9])?",
  "mistral-(large|medium|small)-[2-9]([.][0-9])?",
  "(devstral|codestral)-[2-9]",
  "swe-[1-9]([.][0-9])?(-lightning)?",
  "gemma-[2-9]",
  "phi-[3-9]",
];
export const modelFamily: RegExp = new RegExp(`^(${families.join("|")})$`);

/** Every name that is public without being of a family. */
export const models: readonly string[] = [...new Set([...listed, ...generated.names])].filter(
  (name) => !modelFamily.test(name),
);

const others: ReadonlySet<string> = new Set(models);

/** Returns whether a name is public without any change. */
export const isPublicModel = (name: string): boolean => others.has(name) || modelFamily.test(name);
