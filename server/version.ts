/** Replaced by the build with the version in `package.json`. */
declare const __VERSION__: string | undefined;

export const productVersion: string = typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0";
