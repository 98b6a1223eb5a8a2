/** Generates a corpus: every format of every class in every context. */
import { personal, personalContexts } from "./personal.ts";
import { Random } from "./random.ts";
import { secretContexts, secretFormats } from "./secrets.ts";

export interface Case {
  /** A class of personal data or a format of a secret. */
  readonly group: string;
  readonly text: string;
  /** Must not be found anywhere after the attack. */
  readonly needles: readonly string[];
}

export interface Group {
  readonly name: string;
  readonly kind: "secret" | "personal";
  readonly cases: readonly Case[];
}

/** A class of personal data has many forms, so it gets more cases than a format of a secret. */
const personalFactor = 15;

/** Returns the corpus with `each` cases per context. */
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
        // A function, because `$` has a special meaning in a replacement string.
        return { group: name, text: random.fill(context.replace("§", () => value)), needles: [value] };
      }),
    ),
  });
  return [
    ...Object.entries(secretFormats).map(([name, format]) =>
      group(name, "secret", secretContexts, each, () => random.fill(format)),
    ),
    ...Object.entries(personal).map(([name, make]) =>
      group(name, "personal", personalContexts, each * personalFactor, () => make(random)),
    ),
  ];
}
