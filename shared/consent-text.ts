/**
 * What a person is told before they say yes: the text of the consent, and its version.
 *
 * It stands here once, for the page, the terminal and the documentation. A change of any word needs a new
 * `noticeVersion`: the record of a consent names the version and the hash of the text that was shown.
 */
import type { Category } from "./events.ts";

export const noticeVersion = "1";

export const notice = {
  title: "What may Nexus Telemetry record?",
  intro:
    "Nexus Telemetry shows you what your tools do all day, what is slow and what fails. It is off until you say yes. " +
    "What it records stays in a database on this machine. Nothing is sent anywhere.",
  categories: {
    tool_usage: {
      title: "Tool usage",
      text:
        "That a tool was used, such as a command in the terminal: its public name, when it began and when it ended, in " +
        "which session (a random number), with this product's version, the system (such as linux) and the kind of " +
        "processor. Without this, commands are not recorded.",
    },
    command_usage: {
      title: "Command names",
      text: "The public name of a program and its subcommand, such as git commit. A name that is not on a public list is recorded as other.",
    },
    performance: { title: "Performance", text: "How long a use took." },
    error_types: { title: "Error types", text: "Whether a use succeeded, and the class of its exit code." },
    session_metadata: { title: "Session", text: "How many events were lost because the recorder could not keep up." },
  } satisfies Readonly<Record<Category, { readonly title: string; readonly text: string }>>,
  never: [
    "arguments of commands, or what they print",
    "names or contents of files and folders",
    "prompts, answers, or any text that you or an agent wrote",
    "passwords, keys or tokens",
    "your name, your e-mail address, your IP address, your machine's name or serial numbers",
    "where you are",
  ],
  rights:
    "You can look at, export or delete everything at any time, and withdraw your consent as easily as you gave it. " +
    "Nothing in the product depends on your answer.",
} as const;

/** The exact text whose hash a consent record names: one line per sentence shown, in the order shown. */
export function noticeText(): string {
  const { title, intro, categories, never, rights } = notice;
  return [
    `version ${noticeVersion}`,
    title,
    intro,
    ...Object.entries(categories).map(([name, category]) => `${name}: ${category.title}. ${category.text}`),
    "Never recorded:",
    ...never,
    rights,
  ].join("\n");
}
