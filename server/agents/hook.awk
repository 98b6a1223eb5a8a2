# The hook that agents run. Appends the public names, numbers and ids of a payload to an event log,
# as one line in one write. It never writes or prints anything else of the payload, and the caller
# ignores its exit status.
#
# A generated first line sets `home`, `config`, `policy` and the user's `uid`, so that the environment
# cannot redirect the hook to other folders. The public names are in names.txt in the same folder.
#
# The installed line sets `agent`, the agent in whose settings it is.
#
# Parsing: the JSON payload is split at quotation marks, so every second record is inside a string.
# A string that ends in an odd number of backslashes continues (escaped quotation mark). Only keys of
# the top level are read, and a few of the second level.

function no(value) {
  value = tolower(value)
  gsub(/[^a-z0-9]/, "", value)
  return value == "0" || value == "false" || value == "no" || value == "off"
}

# Returns the next line of the state file, or "" at its end or after 64 KB.
function stated(    line) {
  if ((getline line < state) <= 0) return ""
  read += length(line) + 1
  return read > 65536 ? "" : line
}

# Returns whether a file equals its copy in the state file, line by line. Files that must not exist
# are checked again in is_safe.
function same(file, name,    said, count, line, size) {
  split(stated(), said, " ")
  if (said[1] != name) return 0
  if (said[2] == "none") {
    absent[file] = 1
    return (getline line < file) < 0
  }
  for (count = said[2]; count > 0; count--) {
    if ((getline line < file) <= 0 || line "" != stated() "") return 0
    size += length(line) + 1
  }
  present[file] = 1
  return size <= 65536 && (getline line < file) == 0
}

# Returns the last line that is not blank, or "" if the file is larger than 64 KB.
function last_line(file,    line, found, size) {
  while ((getline line < file) > 0) {
    size += length(line) + 1
    if (line !~ /^[ \t\r]*$/) found = line
  }
  present[file] = 1
  return size <= 65536 ? found : ""
}

# Returns whether the product would record a tool call: according to its state file, which must still
# match the files it was created from.
function recording(    words, what, consent) {
  if (stated() != "nexus recording 1" || stated() != "folder " config) return 0
  what = stated()
  if ((" " what " ") !~ /^ on .* tool_usage |^ on tool_usage /) return 0
  if (stated() !~ /^block_sensitive /) return 0
  consent = config "/consent.jsonl"
  if (stated() != "consent" || last_line(consent) "" != stated() "") return 0
  return same(config "/config.toml", "config") && same(policy, "policy") && (getline what < state) == 0
}

function quoted(path) {
  gsub(/'/, "'\\''", path)
  return "'" path "'"
}

# Returns whether the files we rely on belong to the user, are not writable by others and are not
# links, and whether files that must not exist are missing. `find` prints each violation, and always
# names.txt, which proves that it ran.
function is_safe(    path, file, command, found, lines) {
  path = home "/state/agents/names.txt"
  command = "find " quoted(home "/.") " " quoted(home "/state") " " quoted(home "/state/events") " " quoted(state) " " \
    quoted(config "/.") " " quoted(config "/consent.jsonl") " " quoted(home "/state/events/agent-hooks.jsonl") " " quoted(path)
  for (file in absent) command = command " " quoted(file)
  command = command " -prune '(' ! -user " uid " -o -type l -o -type p -o -perm -020 -o -perm -002 -o -name config.toml -o -name policy.toml" \
    " -o -name names.txt ')' 2>/dev/null"
  while ((command | getline found) > 0) lines = lines found
  close(command)
  gsub(/\n/, "", lines)
  return lines == path && !has_nul()
}

# Returns whether a file contains a NUL byte: some awks ignore it and the rest of its line.
function has_nul(    file, command, found) {
  if (length(sprintf("%c", 0) "a") == 2) return 0
  command = "cat"
  for (file in present) command = command " " quoted(file)
  command = command " | tr -dc '\\000' | wc -c"
  command | getline found
  close(command)
  gsub(/[^0-9]/, "", found)
  return found != "0"
}

# Returns the ID of a new process.
function process_number(    number) {
  "echo $$" | getline number
  gsub(/[^0-9]/, "", number)
  return number
}

function is_id(value) {
  if (length(value) <= 64 && value ~ /^(toolu|call|tool|exec)_[A-Za-z0-9_-]+$/) return length(value) - index(value, "_") >= 8
  if (length(value) < 16 || length(value) > 64 || value !~ /^[0-9a-f-]+$/) return 0
  # Only digits: accepted in the form of a UUID. Other digits may be a card or account number.
  return value ~ /[a-f]/ || (length(value) == 36 && value ~ /^[0-9]+-[0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]-[0-9]+$/)
}

# Returns the public name of a tool.
function tool(value) {
  if (value in tools) return tools[value]
  return value == "mcp" || value ~ /^(mcp__|mcp_|MCP:|mcp[.])/ ? "mcp" : "custom"
}

# Returns the public name of a model, without provider, date and effort.
function model(value,    bare, n) {
  if (length(value) > 100) return "other"
  value = tolower(value)
  if (is_model(value)) return value
  bare = value
  sub(/^(us|eu|apac|global)[.]/, "", bare)
  for (n = 0; n < 2; n++)
    if (match(bare, /^[a-z_-]+[.\/]/) && substr(bare, 1, RLENGTH - 1) in providers) bare = substr(bare, RLENGTH + 1)
  sub(/(\[1m\]|:free|:thinking|-thinking|-fast|-high|-low|-medium|-xhigh)$/, "", bare)
  sub(/-v[0-9](:[0-9])?$/, "", bare)
  sub(/[-@]([0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]|[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]|latest|preview|exp|[0-9][0-9][0-9][0-9]?)$/, "", bare)
  if (bare ~ /^claude-/) {
    gsub(/[.]/, "-", bare)
    # Cursor puts the version before the family: `claude-4-5-sonnet`.
    if (bare ~ /^claude-[4-9](-[0-9])?-(opus|sonnet|haiku|fable|mythos)$/) {
      n = match(bare, /-[a-z]+$/)
      bare = "claude" substr(bare, n) substr(bare, 7, n - 7)
    }
  }
  return is_model(bare) ? bare : "other"
}

function is_model(value) {
  return value in models || (family != "" && value ~ family)
}

# Returns the value of an allowed key if it is public, otherwise "".
function public(name, value,    plain) {
  if (name == "hook_event_name" || name == "hookEventName" || name == "agent_action_name") {
    plain = tolower(value)
    gsub(/[_-]/, "", plain)
    unknown = !(plain in events)
    return unknown ? "" : value
  }
  if (name == "tool_name" || name == "toolName" || name == "toolCall.name") return tool(value)
  if (name == "model" || name == "model_name") return model(value)
  if (name == "duration_ms" || name == "duration") return value ~ /^[0-9]+([.][0-9][0-9]?[0-9]?)?$/ && length(value) <= 14 && value + 0 <= 2592000000 ? value : ""
  if (name == "timestamp") return length(value) == 13 && value ~ /^[123][0-9]+$/ ? value : ""
  if (name == "is_interrupt") return value == "true" || value == "false" ? value : ""
  if (name ~ /[.]result_?[tT]ype$/) return value in results ? value : "failure"
  if (name == "source") return value in sources ? value : ""
  if (name == "failure_type") return value in failures ? value : "error"
  if (name == "permission_mode") return value == "normal" ? value : "1"
  if (name == "transcript_path") return "1"
  return is_id(value) ? value : ""
}

# Handles a scalar value of the current key. Of two equal keys the last one counts.
function take(value, is_error,    plain) {
  forget(name)
  if (name in allowed && value != "") {
    plain = public(name, value)
    if (plain != "") kept[name] = plain
  }
  tell(is_error)
}

# Forgets the value of an equal key that came before, and what was in it.
function forget(name,    other) {
  delete kept[name]
  if (depth == 1) for (other in kept) if (index(other, name ".") == 1) delete kept[other]
}

# Records that a key has a value, without the value itself.
function tell(is_error) {
  if (name in told || (name in errors && is_error)) if (!(name in kept)) kept[name] = "1"
}

# Reads a call's ID and duration wherever they are, without following the structure. A value that was
# found before stays.
# `found` is the last key, `between` whether its value is the next record.
function take_late(    rest) {
  if (between) {
    name = found
    take($0, 0)
    found = ""
    between = 0
  } else if (found != "") {
    rest = $0
    if (sub(/^[ \t\r\n]*:[ \t\r\n]*/, "", rest)) {
      name = found
      if (rest == "") between = 1
      else if (match(rest, /^[-+.0-9a-z]+/)) take(substr(rest, 1, RLENGTH), 0)
    }
    if (!between) found = ""
  }
  if ($0 == "tool_use_id" || $0 == "duration_ms" || $0 == "duration") {
    if ($0 in late || !($0 in kept)) {
      found = $0
      late[found] = 1
    }
  }
}

BEGIN {
  state = home "/state/recording.txt"
  off = home == "" || no(ENVIRON["NEXUS_EVENT_LOG"]) || no(ENVIRON["NEXUS_TELEMETRY"]) || no(ENVIRON["NEXUS_TELEMETRY_ENABLED"])
  if (!off && !recording()) off = 1
  while (!off && (getline line < (home "/state/agents/names.txt")) > 0) {
    split(line, named, " ")
    if (named[1] == "tool") tools[named[2]] = named[3]
    else if (named[1] == "model") models[named[2]] = 1
    else if (named[1] == "family") family = named[2]
    else if (named[1] == "provider") providers[named[2]] = 1
    else if (named[1] == "event") events[named[2]] = 1
    else if (named[1] == "result") results[named[2]] = 1
    else if (named[1] == "source") sources[named[2]] = 1
    else if (named[1] == "failure") failures[named[2]] = 1
  }

  split("hook_event_name hookEventName tool_name toolName tool_use_id session_id sessionId conversation_id " \
    "duration_ms duration timestamp is_interrupt model agent_id subagent_id source failure_type permission_mode " \
    "transcript_path agent_action_name toolCall.name model_name conversationId trajectory_id toolResult.resultType tool_result.result_type", names, " ")
  for (i in names) allowed[names[i]] = 1
  split("timestamp turn_id cursor_version permission_mode stop_reason toolResult tool_result conversation_id conversationId trajectory_id sessionId agent_id subagent_id", names, " ")
  for (i in names) told[names[i]] = 1
  split("error tool_response.error", names, " ")
  for (i in names) errors[names[i]] = 1

  RS = "\""
}

# Always read to the end: the agent waits until its pipe is empty. After two million characters the structure
# is not followed: some agents put the ID and the duration of a call behind a long response.
off { next }
seen > 2000000 { take_late(); next }
{ seen += length($0) + 1 }

inside {
  # Not `match`, which looks for every run of backslashes.
  for (slashes = 0; slashes < length($0) && substr($0, length($0) - slashes, 1) == "\\"; slashes++) continue
  if (depth <= 2 && length(text) <= 256) text = text $0
  if (slashes % 2) {
    if (depth <= 2 && length(text) <= 256) text = text "\""
    next
  }
  inside = 0
  if (wanted) take(text, text != "")
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
      forget(name)
      tell(rest !~ /^([{][ \t\r\n]*[}]|[[][ \t\r\n]*[]])/)
    } else if (rest ~ /^null/) forget(name)
    else if (match(rest, /^[-+.0-9A-Za-z]+/)) take(substr(rest, 1, RLENGTH), rest !~ /^(false|[-+]?[0.]+([eE][-+]?[0-9]+)?[^-+.0-9A-Za-z])/)
  }
  depth += gsub(/[{[]/, "&", rest)
  depth -= gsub(/[]}]/, "&", rest)
}

END {
  if (off || unknown) exit
  split("hook_event_name hookEventName agent_action_name tool_name toolName toolCall.name", names, " ")
  for (i in names) if (names[i] in kept) identified = 1
  if (!identified) exit
  if (!is_safe()) exit
  srand()
  line = "{\"hook\":1,\"ts\":" srand() "000"
  if (agent ~ /^[a-z_]+$/) line = line ",\"agent\":\"" agent "\""
  for (name in kept) line = line ",\"" name "\":\"" kept[name] "\""
  # Two calls in one second can produce the same line: the process ID distinguishes them.
  if (!("tool_use_id" in kept)) line = line ",\"n\":\"" process_number() "\""
  if (length(line) < 4000) print line "}" >> (home "/state/events/agent-hooks.jsonl")
}
