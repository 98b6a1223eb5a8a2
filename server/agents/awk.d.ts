/** The text of a script, inlined by the build. */
declare module "*.awk" {
  const script: string;
  // biome-ignore lint/style/noDefaultExport: bundlers export a text file as the default export.
  export default script;
}
