/** What capture hands over for a typical command. */
export const sampleUse = {
  stream: "tool",
  tool_name: "run_terminal_cmd",
  tool_phase: "end",
  command_line: "git commit -m 'a message'",
  exit_code: 0,
  duration_ms: 120,
} as const;

/** Typical command lines of a day. */
export const sampleLines = [
  "git commit -m 'fix the parser'",
  "npm run build -- --watch",
  "ls -la src",
  "cd ..",
  "docker compose -f dev.yml up -d",
  "kubectl get pods -n prod",
  "FOO=bar make test",
  "python3 manage.py migrate",
  "cargo test --workspace",
  "rg -n TODO src | head",
] as const;
