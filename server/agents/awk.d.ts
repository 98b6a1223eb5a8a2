/** A script's text, put in by the build. */
declare module "*.awk" {
  const script: string;
  // biome-ignore lint/style/noDefaultExport: what a bundler makes of a file of text.
  export default script;
}
