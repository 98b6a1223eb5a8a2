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
  command = "exec find " quoted(home "/.") " " quoted(home "/state") " " quoted(home "/state/events") " " quoted(state) " " \
    quoted(config "/.") " " quoted(config "/consent.jsonl") " " quoted(home "/state/events/agent-hooks.jsonl") " " quoted(path)
  for (file in absent) command = command " " quoted(file)
  command = command " -prune '(' ! -user " uid " -o -type l -o -type p -o -perm -020 -o -perm -002 -o -name config.toml -o -name policy.toml" \
    " -o -name names.txt ')' 2>/dev/null"
  # A folder's name may contain a quotation mark.
  RS = "\n"
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

# Returns whether a value is an ID of a call or session: a UUID, hexadecimal digits, or a known prefix with random characters.
function is_id(value,    body) {
  if (length(value) > 64) return 0
  body = value
  if (sub(/^(toolu|srvtoolu|tooluse|call|tool|exec|fc|chatcmpl-tool)[_-]/, "", body)) {
    sub(/^(vrtx_|bdrk_)/, "", body)
    if (body ~ /^[A-Za-z0-9]+$/ && body ~ /[0-9]/ && length(body) >= 8) return 1
    sub(/[-_][0-9]$/, "", body)
    return is_uuid(body)
  }
  return is_uuid(value) || (length(value) >= 16 && value ~ /^[0-9a-f]+$/ && value ~ /[a-f]/)
}

function is_uuid(value) {
  return length(value) == 36 && value ~ /^[0-9a-f]+-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f]+$/ && \
    index(value, "-") == 9
}

# Returns the rest of the line of `names.txt` that starts with these words, or "" if there is none.
function listed(words,    at, rest) {
  if (words ~ /\n/ || (at = index(names, "\n" words " ")) == 0) return ""
  rest = substr(names, at + length(words) + 2)
  return substr(rest, 1, index(rest, "\n") - 1)
}

# Returns whether `names.txt` has this value in a list.
function is_in(list, value) {
  return value !~ /[ \n]/ && index(names, "\n" list " " value "\n") > 0
}

# Returns the public name of a tool; for a tool of a public MCP server `mcp__` and the server.
function tool(value,    canonical, name) {
  canonical = value ~ / / ? "" : listed("tool " value)
  if (canonical != "") return canonical
  name = server(value)
  if (name != "") return "mcp__" name
  return value == "mcp" || value ~ /^(mcp__|mcp_|MCP:|mcp[.])/ ? "mcp" : "custom"
}

# Returns the public MCP server of a tool, or "".
function server(value,    name) {
  name = value
  if (sub(/^mcp__/, "", name)) {
    if (index(name, "__") > 1) {
      sub(/^(plugin_[A-Za-z0-9.-]+_|claude_ai_)/, "", name)
      if (index(name, "__") > 1 && length(name) > index(name, "__") + 1) name = substr(name, 1, index(name, "__") - 1)
    }
  } else if (sub(/^MCP:/, "", name)) {
    if (name !~ /^[^:]+:./) return ""
    sub(/:.*$/, "", name)
  } else if (sub(/^mcp[.]/, "", name)) {
    if (name !~ /^[^.]+[.]/) return ""
    sub(/[.].*$/, "", name)
  } else if (name ~ /^[a-z0-9-]+-mcp-server-[a-z]/) sub(/-mcp-server-[a-z].*$/, "", name)
  else return ""
  name = tolower(name)
  gsub(/[_ ]/, "-", name)
  if (is_in("server", name)) return name
  sub(/^mcp-(server-)?/, "", name)
  sub(/(-mcp(-server)?|-server)$/, "", name)
  return is_in("server", name) ? name : ""
}

# Returns the public name of a model, without provider, date and effort.
function model(value,    bare, n) {
  if (length(value) > 100) return "other"
  value = tolower(value)
  if (is_model(value)) return value
  bare = value
  sub(/^.*\//, "", bare)
  sub(/^(us-gov|us|eu|apac|global|jp|au|ca|sa)[.]/, "", bare)
  if (match(bare, /^[a-z_-]+[.]/) && is_in("provider", substr(bare, 1, RLENGTH - 1))) bare = substr(bare, RLENGTH + 1)
  for (n = 0; n < 3; n++)
    sub(/(\[1m\]|:free|:beta|:nitro|:online|:extended|:thinking|-thinking|-fast|-extra-high|-xhigh|-high|-medium|-low)$/, "", bare)
  sub(/(-v?[0-9]:[0-9]|-v[0-9])$/, "", bare)
  sub(/[-@]([0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]|[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]|latest|default|preview(-[0-9][0-9]-[0-9][0-9]([0-9][0-9])?)?|exp|[0-9][0-9][0-9][0-9]?)$/, "", bare)
  # Cursor leaves out "claude", and puts the version before the family.
  if (bare ~ /^(opus|sonnet|haiku|fable)-[0-9]/) bare = "claude-" bare
  if (bare ~ /^claude-/) {
    gsub(/[.]/, "-", bare)
    if (bare ~ /^claude-[4-9](-[0-9])?-(opus|sonnet|haiku|fable|mythos)$/) {
      n = match(bare, /-[a-z]+$/)
      bare = "claude" substr(bare, n) substr(bare, 7, n - 7)
    }
  }
  return is_model(bare) ? bare : "other"
}

function is_model(value) {
  if (family == "") family = listed("family")
  return is_in("model", value) || value ~ family
}

# Returns whether a value is the ID of a session that is named after its time.
function is_dated(value) {
  return (length(value) == 13 && value ~ /^1[0-9]+$/) || value ~ /^20[0-9][0-9][0-9][0-9][0-9][0-9]_[0-9][0-9]?[0-9]?[0-9]?$/
}

# Returns `exit_N` for a message that starts with an exit code, the name of a known error, or "".
function error_name(value,    code) {
  if (value ~ /^exit_[0-9][0-9]?[0-9]?$/) return value
  if (match(value, /^(Exit code|Command exited with non-zero status code):? [0-9]+/)) {
    code = substr(value, 1, RLENGTH)
    sub(/^.* /, "", code)
    return length(code) <= 3 ? "exit_" code : ""
  }
  return is_in("error", value) ? value : ""
}

# Returns a number of milliseconds with at most three decimals, or "".
function duration(value,    whole) {
  if (value !~ /^[0-9]+([.][0-9]+)?$/ || length(value) > 31 || value + 0 > 2592000000) return ""
  whole = value
  sub(/[.].*$/, "", whole)
  if (length(whole) > 10 || length(value) - length(whole) > 21) return ""
  match(value, /^[0-9]+([.][0-9][0-9]?[0-9]?)?/)
  return substr(value, 1, RLENGTH)
}

# Returns whether a value is a number of milliseconds since 1970, or a time of RFC 3339 in UTC.
function is_time(value) {
  if (length(value) == 13 && value ~ /^[123][0-9]+$/) return 1
  return length(value) <= 30 && value ~ /^20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]([.][0-9]+)?Z$/
}

# Returns the value of an allowed key if it is public, otherwise "".
function public(name, value,    plain, known) {
  if (name ~ /^(hook_event_name|hookEventName|agent_action_name|hookName|event)$/) {
    plain = tolower(value)
    gsub(/[_-]/, "", plain)
    known = is_in("event", plain)
    if (name != "hookName" && name != "event" && !known) unknown[name] = 1
    return known ? value : ""
  }
  if (name ~ /(^tool_n|[tT]oolN)ame$|^toolCall[.]name$/) return tool(value)
  if (name ~ /^model/) return model(value)
  if (name ~ /^duration|TimeMs$/) return duration(value)
  if (name == "timestamp") return is_time(value) ? value : ""
  if (name == "is_interrupt" || name == "postToolUse.success") return value == "true" || value == "false" ? value : ""
  if (name ~ /[.]result_?[tT]ype$/) return is_in("result", value) ? value : "failure"
  if (name == "source" || name == "reason" || name == "status") return is_in(name, value) ? value : ""
  if (name == "error") return error_name(value)
  if (name == "failure_type") return is_in("failure", value) ? value : "error"
  if (name == "permission_mode") return value == "normal" ? value : "1"
  if (name == "transcript_path") return "1"
  if ((name == "session_id" || name == "taskId") && is_dated(value)) return value
  # Some of Cursor's IDs have a second line.
  sub(/\\n.*$/, "", value)
  return is_id(value) ? value : ""
}

# Handles a scalar value of the current key. Of two equal keys the last one counts.
function take(value, is_error,    plain) {
  forget(name)
  if (name in allowed && value != "") {
    gsub(/\\\//, "/", value)
    plain = public(name, value)
    if (plain != "") kept[name] = plain
  }
  tell(is_error)
}

# Forgets the value of an equal key that came before, and what was in it.
function forget(name,    other) {
  delete kept[name]
  delete unknown[name]
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
  if ($0 == "tool_use_id" || $0 == "duration_ms" || $0 == "duration" || $0 == "is_interrupt") {
    if ($0 in late || !($0 in kept)) {
      found = $0
      late[found] = seen
    }
  }
  seen += length($0) + 1
}

BEGIN {
  state = home "/state/recording.txt"
  off = home == "" || no(ENVIRON["NEXUS_EVENT_LOG"]) || no(ENVIRON["NEXUS_TELEMETRY"]) || no(ENVIRON["NEXUS_TELEMETRY_ENABLED"])
  if (!off && !recording()) off = 1
  # The whole file as one text: looking up a few names is faster than storing all of them.
  RS = "\001"
  if (!off && (getline names < (home "/state/agents/names.txt")) > 0) names = "\n" names

  split("hook_event_name hookEventName hookName event tool_name toolName tool_use_id tool_call_id session_id sessionId taskId conversation_id " \
    "duration_ms duration timestamp is_interrupt model agent_id subagent_id source failure_type permission_mode " \
    "transcript_path generation_id prompt_id turn_id execution_id agent_action_name toolCall.name model_name model.slug conversationId trajectory_id reason status error " \
    "toolResult.resultType tool_result.result_type postToolUse.toolName postToolUse.success postToolUse.executionTimeMs", keys, " ")
  for (i in keys) allowed[keys[i]] = 1
  split("timestamp turn_id cursor_version permission_mode stop_reason toolResult tool_result conversation_id conversationId trajectory_id sessionId taskId agent_id subagent_id", keys, " ")
  for (i in keys) told[keys[i]] = 1
  split("error tool_response.error", keys, " ")
  for (i in keys) errors[keys[i]] = 1

  RS = "\""
}

# Always read to the end: the agent waits until its pipe is empty. After two million characters the structure
# is not followed: some agents put the ID and the duration of a call behind a long response.
off { next }
seen > 2000000 { take_late(); next }
{ seen += (size = length($0)) + 1 }

inside {
  # `keep`: the start of a string that may be needed. Most records are in the middle of a long one.
  if (keep && length(text = text $0) > 256) keep = 0
  if (size > 0 && substr($0, size, 1) == "\\") {
    # Not `match`, which looks for every run of backslashes.
    for (slashes = 1; slashes < size && substr($0, size - slashes, 1) == "\\"; slashes++) continue
    if (slashes % 2) {
      if (keep) text = text "\""
      next
    }
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
  keep = depth <= 2
}

END {
  if (off) exit
  for (name in unknown) exit
  # What stands further from the end belongs to the response.
  for (name in late) if (seen - late[name] > 2000) delete kept[name]
  split("hook_event_name hookEventName agent_action_name hookName event tool_name toolName toolCall.name postToolUse.toolName", keys, " ")
  for (i in keys) if (keys[i] in kept) identified = 1
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
