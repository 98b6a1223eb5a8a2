/** Packages the extension once for all browser tests. */
import type { TestProject } from "vitest/node";
import { packageVsix } from "../../scripts/package.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Path of the packaged extension. */
    readonly vsix: string;
  }
}

export async function setup({ provide }: TestProject): Promise<void> {
  provide("vsix", await packageVsix());
}
