# What is kept of what an agent tells its hook: a few short words and numbers of allowed names, appended to an event log as one
# line, in one write. Nothing else of the payload is written anywhere. It prints nothing, and its caller ignores how it ends.
#
# The payload is JSON. Split at its quotation marks, every second record lies within a string; a string that ends in an odd
# number of backslashes goes on. Names at the top count, and a few of one level below.

function no(value) {
  value = tolower(value)
  gsub(/^[ \t]+|[ \t]+$/, "", value)
  return value == "0" || value == "false" || value == "no" || value == "off"
}

# Any line of a file that may say no: rather one too many. A file that is not there says nothing.
function forbids(file,    line, found) {
  while ((getline line < file) > 0) {
    line = tolower(line)
    if (line ~ /mode.*=.*off/ || line ~ /enabled.*=.*false/) found = 1
  }
  close(file)
  return found
}

# A value of the name that was read last: kept where it is short and plain; of some names it is kept that there was one.
function take(value) {
  if (name in allowed && value != "" && length(value) <= 64 && value !~ /[^A-Za-z0-9_.-]/) {
    if (!(name in kept)) kept[name] = value
  } else if (name in told && !(name in kept)) kept[name] = "1"
}

BEGIN {
  home = ENVIRON["NEXUS_HOME"]
  if (home !~ /^\//) home = ENVIRON["HOME"] "/nexus"
  config = ENVIRON["XDG_CONFIG_HOME"]
  if (config !~ /^\//) config = ENVIRON["HOME"] "/.config"
  config = config "/nexus"

  off = no(ENVIRON["NEXUS_EVENT_LOG"]) || no(ENVIRON["NEXUS_TELEMETRY"]) || no(ENVIRON["NEXUS_TELEMETRY_ENABLED"])
  while ((getline line < (config "/consent.jsonl")) > 0) if (line != "") decision = line
  if (decision !~ /^[{].*[}]$/ || decision !~ /"mode": *"(local|share)"/ || decision ~ /"mode": *"off"/) off = 1
  if (decision !~ /"tool_usage"/) off = 1
  if (forbids(config "/config.toml") || forbids("/etc/nexus/policy.toml")) off = 1

  split("hook_event_name hookEventName tool_name toolName tool_use_id session_id sessionId conversation_id " \
    "duration_ms duration timestamp is_interrupt model agent_id toolResult.resultType tool_result.result_type", names, " ")
  for (i in names) allowed[names[i]] = 1
  split("timestamp turn_id cursor_version permission_mode error tool_response.error toolResult tool_result", names, " ")
  for (i in names) told[names[i]] = 1

  RS = "\""
}

# What is longer than four million characters is only read to its end: an agent waits for that.
off || seen > 4000000 { next }
{ seen += length($0) + 1 }

inside {
  slashes = 0
  if ($0 ~ /\\$/) {
    match($0, /\\+$/)
    slashes = RLENGTH
  }
  if (depth <= 2 && length(text) <= 64) text = text $0
  if (slashes % 2) {
    if (depth <= 2 && length(text) <= 64) text = text "\""
    next
  }
  inside = 0
  if (wanted) take(text)
  else last = text
  wanted = 0
  next
}

{
  inside = 1
  text = ""
  rest = $0
  if (depth <= 2 && rest ~ /^[ \t\r\n]*:/) {
    name = depth == 1 ? last : parent "." last
    sub(/^[ \t\r\n]*:[ \t\r\n]*/, "", rest)
    if (rest == "") wanted = 1
    else if (rest ~ /^[{[]/) {
      if (depth == 1) parent = last
      take("{")
    } else if (rest !~ /^null/ && match(rest, /^[-+.0-9A-Za-z]+/)) take(substr(rest, 1, RLENGTH))
  }
  depth += gsub(/[{[]/, "&", rest)
  depth -= gsub(/[]}]/, "&", rest)
}

END {
  if (off || !("hook_event_name" in kept || "hookEventName" in kept || "tool_name" in kept || "toolName" in kept)) exit
  srand()
  line = "{\"hook\":1,\"ts\":" srand() "000"
  for (name in kept) line = line ",\"" name "\":\"" kept[name] "\""
  # Two calls in one second may report the same words: the number of a process tells them apart.
  if (!("tool_use_id" in kept)) {
    "echo $$" | getline call
    gsub(/[^0-9]/, "", call)
    line = line ",\"n\":\"" call "\""
  }
  if (length(line) < 4000) print line "}" >> (home "/state/events/agent-hooks.jsonl")
}
