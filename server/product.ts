/** What this worker is, in the words of the analytics design (section 3.1). */
import type { Product } from "./store/events.ts";

/** Set by the build from the package's version. */
declare const __VERSION__: string | undefined;

export const productVersion: string = typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0";

const systems: Readonly<Record<string, Product["os"]>> = { linux: "linux", darwin: "macos", win32: "windows" };
const architectures: Readonly<Record<string, Product["arch"]>> = { x64: "x86_64", arm64: "aarch64" };

export const thisProduct: Product = {
  product: "nexus-telemetry",
  version: productVersion,
  os: systems[process.platform] ?? "other",
  arch: architectures[process.arch] ?? "other",
  runtimeVersion: process.versions.node,
};
