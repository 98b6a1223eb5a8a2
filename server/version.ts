/** The version of the product: set by the build from the package's. */
declare const __VERSION__: string | undefined;

export const productVersion: string = typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0";
