/** The generated corpus: every format of every class, in every context. */
import { personal, personalContexts } from "./personal.ts";
import { Random } from "./random.ts";
import { secretContexts, secretFormats } from "./secrets.ts";

export interface Case {
  /** What it is one of: a class of personal data, or a format of a secret. */
  readonly group: string;
  readonly text: string;
  /** What must not be found anywhere afterwards. */
  readonly needles: readonly string[];
}

export interface Group {
  readonly name: string;
  readonly kind: "secret" | "personal";
  readonly cases: readonly Case[];
}

/** A class of personal data has many forms, a format of a secret one. */
const manyForms = 15;

/** `each`: how many cases a context gets. */
export function generatedCorpus(seed: number, each: number): readonly Group[] {
  const random = new Random(seed);
  const group = (
    name: string,
    kind: Group["kind"],
    contexts: readonly string[],
    each: number,
    make: () => string,
  ): Group => ({
    name,
    kind,
    cases: contexts.flatMap((context) =>
      Array.from({ length: each }, () => {
        const value = make();
        // A function, since a replacement text has signs of its own.
        return { group: name, text: random.fill(context.replace("§", () => value)), needles: [value] };
      }),
    ),
  });
  return [
    ...Object.entries(secretFormats).map(([name, format]) =>
      group(name, "secret", secretContexts, each, () => random.fill(format)),
    ),
    ...Object.entries(personal).map(([name, make]) =>
      group(name, "personal", personalContexts, each * manyForms, () => make(random)),
    ),
  ];
}
