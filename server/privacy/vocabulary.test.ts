import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { architecture, system } from "./platform.ts";
import { canonicalTool, publicModel } from "./public-names.ts";
import { isCommandPath, namedCommand } from "./vocabulary.ts";

describe("vocabulary", () => {
  it("contains only values of a narrow pattern", async () => {
    const { programs }: { programs: Record<string, string> } = JSON.parse(
      await readFile(new URL("../../shared/vocabulary/commands.json", import.meta.url), "utf8"),
    );
    for (const [program, paths] of Object.entries(programs)) {
      expect(program).toMatch(/^[a-z0-9][a-z0-9._+-]{0,31}$/);
      for (const path of paths === "" ? [] : paths.split("|")) {
        expect(path).toMatch(/^(?:--)?[a-z0-9][a-z0-9._+:-]{0,31}( [a-z0-9][a-z0-9._+:-]{0,31})?$/);
      }
    }
  });

  it("accepts complete paths, not paths with a known beginning", () => {
    expect(isCommandPath("git commit")).toBe(true);
    expect(isCommandPath("git secret-plan")).toBe(false);
    expect(isCommandPath("git ")).toBe(false);
    expect(isCommandPath("constructor")).toBe(false);
  });

  it("accepts a Nexus command without its program and drops arguments", () => {
    expect(namedCommand("status")).toBe("status");
    expect(namedCommand("think --profile balanced")).toBe("think");
    expect(namedCommand("skills search my secret plan")).toBe("skills search");
    expect(namedCommand("my secret plan")).toBe("other");
  });

  it.each([
    ["claude-3-5-sonnet-20241022", "claude-3-5-sonnet"],
    ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"],
    ["openai/gpt-4o-mini-2024-07-18", "gpt-4o-mini"],
    ["gpt-5-codex", "gpt-5-codex"],
    ["gpt-5-codex-high", "gpt-5-codex"],
    ["models/gemini-2.5-pro", "gemini-2.5-pro"],
    ["ada-finetune:acme", "other"],
    ["ft:gpt-4o:acme::x", "other"],
    ["claude-opus-4-7[1m]", "claude-opus-4-7"],
    ["claude-opus-4-5@20251101", "claude-opus-4-5"],
    ["anthropic/claude-opus-4.8", "claude-opus-4-8"],
    ["claude-4.5-sonnet-thinking", "claude-sonnet-4-5"],
    ["claude-4.6-opus-high-thinking", "claude-opus-4-6"],
    ["claude-fable-5-thinking-high", "claude-fable-5"],
    ["gpt-5.3-codex-high-fast", "gpt-5.3-codex"],
    ["gpt-5.1-codex-max-xhigh-fast", "gpt-5.1-codex-max"],
    ["gpt-5.3-codex-spark-preview", "gpt-5.3-codex-spark"],
    ["sonnet-4.6", "claude-sonnet-4-6"],
    ["bedrock/us.anthropic.claude-opus-4-8-v1:0", "claude-opus-4-8"],
    ["jp.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"],
    ["publishers/anthropic/models/claude-opus-5@default", "claude-opus-5"],
    ["z-ai/glm-4.6:online", "glm-4.6"],
    ["openai.gpt-oss-120b-1:0", "gpt-oss-120b"],
    ["grok-4-fast", "grok-4-fast"],
    ["kimi-k2-thinking", "kimi-k2-thinking"],
    ["our-company/our-model", "other"],
    ["claude-3.5-sonnet", "claude-3-5-sonnet"],
    ["claude-fable-5", "claude-fable-5"],
    ["claude-sonnet-5", "claude-sonnet-5"],
    ["gpt-5.5", "gpt-5.5"],
    ["gpt-5.3-codex-mini", "gpt-5.3-codex-mini"],
    ["gemini-3.1-pro-preview", "gemini-3.1-pro"],
    ["composer-2-fast", "composer-2"],
    ["claude-acme-4-5", "other"],
    ["gpt-5.5-acme", "other"],
  ])("converts the model name %s to %s", (name, canonical) => expect(publicModel(name)).toBe(canonical));

  it("has one name per operating system and architecture", () => {
    expect(["darwin", "win32", "Linux", "sunos"].map(system)).toEqual(["macos", "windows", "linux", "other"]);
    expect(["x64", "amd64", "arm64", "riscv64"].map(architecture)).toEqual(["x86_64", "x86_64", "aarch64", "other"]);
  });

  it("has one canonical name for the aliases of a tool", () => {
    expect(canonicalTool("Bash")).toBe("run_terminal_cmd");
    expect(canonicalTool("run_in_terminal")).toBe("run_terminal_cmd");
    expect(canonicalTool("mcp__ada__private")).toBe("mcp");
    expect(canonicalTool("MCP:private")).toBe("mcp");
    expect(canonicalTool("ada-tool")).toBe("custom");
    expect(canonicalTool("constructor")).toBe("custom");
  });
});
