/** Product, version and platform of this process (analytics design, section 3.1). */
import { architecture, system } from "../privacy/platform.ts";
import type { ProductInfo } from "../store/events/write.ts";
import { productVersion } from "../version.ts";

export const productInfo: ProductInfo = {
  product: "nexus-telemetry",
  version: productVersion,
  os: system(process.platform),
  arch: architecture(process.arch),
  runtimeVersion: process.versions.node,
};
