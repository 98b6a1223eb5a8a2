/** Example of an extension that records a command. Also works without Nexus Telemetry. */
const { commands, extensions } = require("vscode");

exports.activate = async (context) => {
  const nexus = await extensions.getExtension("nexus.nexus-telemetry")?.activate();
  const telemetry = nexus?.version === 1 ? nexus.forExtension(context.extension.id) : undefined;
  const modes = [telemetry?.mode];
  if (telemetry !== undefined) context.subscriptions.push(telemetry.onDidChangeMode((mode) => modes.push(mode)));

  const build = async (fails) => {
    if (fails) throw new Error("canary-api-2c44");
    return "built";
  };
  context.subscriptions.push(
    commands.registerCommand("example.build", (fails) =>
      telemetry === undefined ? build(fails) : telemetry.time("npm run build", () => build(fails)),
    ),
  );
  // For the tests of Nexus Telemetry.
  return { telemetry, modes };
};
