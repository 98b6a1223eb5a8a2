/** What this worker is, in the words of the analytics design (section 3.1). */
import { architecture, system } from "./privacy/vocabulary.ts";
import type { Product } from "./store/events.ts";

/** Set by the build from the package's version. */
declare const __VERSION__: string | undefined;

export const productVersion: string = typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0";

export const thisProduct: Product = {
  product: "nexus-telemetry",
  version: productVersion,
  os: system(process.platform),
  arch: architecture(process.arch),
  runtimeVersion: process.versions.node,
};
