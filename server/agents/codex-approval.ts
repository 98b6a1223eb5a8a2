/**
 * Codex runs a hook only after the user has approved it under `/hooks`, and again after the hook has
 * changed. It keeps the approvals in its `config.toml`: `[hooks.state."FILE:EVENT:GROUP:HOOK"]`.
 */
import { join } from "node:path";
import { contentOf, valueAt } from "./policies.ts";

export const approvalHint =
  "Codex runs the hook only after you have approved it: start codex, enter /hooks and approve it.";

/** Event of the hook that matters most, as Codex writes it. */
const event = { name: "PostToolUse", key: "post_tool_use" };

/** Returns whether Codex has an approval for our hook in its hooks file. */
export function isApproved(folder: string, file: string, isOurs: (command: string) => boolean): boolean {
  const groups = valueAt(contentOf(file), ["hooks", event.name]);
  if (!Array.isArray(groups)) return false;
  const state = valueAt(contentOf(join(folder, "config.toml")), ["hooks", "state"]);
  return groups.some((group, groupIndex) => {
    const hooks = valueAt(group, ["hooks"]);
    if (!Array.isArray(hooks)) return false;
    return hooks.some((hook, hookIndex) => {
      const command = valueAt(hook, ["command"]);
      if (typeof command !== "string" || !isOurs(command)) return false;
      const approval = valueAt(state, [`${file}:${event.key}:${groupIndex}:${hookIndex}`]);
      return valueAt(approval, ["trusted_hash"]) !== undefined && valueAt(approval, ["enabled"]) !== false;
    });
  });
}
