/**
 * Public programs that the completion specifications miss, and Nexus's own commands, each with its subcommands.
 */

/** Programs with subcommands worth counting. */
const withSubcommands: Readonly<Record<string, string>> = {
  apk: "add, del, update, upgrade",
  apt: "install, remove, search, update, upgrade",
  "apt-cache": "policy, search, show",
  "apt-get": "autoremove, clean, dist-upgrade, install, purge, remove, update, upgrade",
  asdf: "install",
  bazel: "build, run, test",
  biome: "check, ci, format, lint",
  buck2: "build, run, test",
  buf: "build, generate, lint",
  cabal: "build, run, test",
  choco: "install",
  conan: "install",
  direnv: "allow, deny, reload",
  flatpak: "install, run",
  jupyter: "lab, notebook",
  meson: "compile, setup, test",
  mise: "install, run, use",
  nexus:
    "telemetry, telemetry status, telemetry enable, telemetry disable, telemetry on, telemetry off, " +
    "telemetry show, telemetry explain, telemetry export, telemetry delete, telemetry purge, " +
    "telemetry metrics, telemetry stats, telemetry dashboard, telemetry config, stats, insights, sync, " +
    "usage, usage upload, usage import, ledger, ledger list, ledger show, ledger verify, ledger export, " +
    "consent, consent show, consent history, identity, identity reset, doctor, event, event emit, run, " +
    "agents, agents list, agents connect, agents disconnect, agents test, status, skills, skills search, " +
    "think, compare, metrics",
  "nexus-cloud": "serve, migrate, replay, doctor",
  nix: "build, develop, flake, run, shell",
  nuget: "restore",
  nvm: "install, use",
  ollama: "list, pull, run, serve",
  pip3: "install",
  podman: "build, compose, exec, images, logs, ps, pull, push, rm, run, start, stop",
  pyenv: "install, local",
  ruff: "check, format",
  scoop: "install",
  sdk: "install, use",
  snap: "install, remove",
  stack: "build, run, test",
  swift: "build, run, test",
  systemctl: "disable, enable, reload, restart, start, status, stop",
  uv:
    "add, build, cache, export, init, lock, pip, pip install, publish, python, remove, run, self, sync, " +
    "tool, tool run, tree, venv, version",
  vcpkg: "install",
  vitest: "bench, run, watch",
  winget: "install, list, upgrade",
  yum: "install, remove, update",
  zig: "build, run, test",
  zypper: "install, remove",
};

/** Programs that are counted by their name alone: shells, what POSIX brings, compilers, editors, PowerShell and cmd. */
const alone = `
  aider alias ar awk basename bash bat bc bg break btop bunx c++ cal cc cd certbot chgrp chmod chown cksum clang
  clang++ clangd claude clear clickhouse-client cloc clojure cls cmd cmp code codex comm command continue copilot copy
  copy-item corepack cp cpack createdb csplit ctest cursor cut date dd del delta df diff dir dirname dirs dropdb du
  duckdb echo ed egrep emacs entr env eslint eval exa exec exit expand export expr eza false fc fd fg fgrep file find
  findstr fish flake8 fold free fzf g++ gcc gdb gemini get-childitem get-content get-help get-process get-service
  getconf getopts ghc ghci gpg grep gunzip gzip hash hatch head help history hostname htop hx hyperfine iconv id
  invoke-restmethod invoke-webrequest ipconfig ipython irb isort jar java javac jobs join journalctl jq julia just
  kill killall kotlin kotlinc lazygit ld lein less let link lldb ln local locate logger logname logout ls lsof ltrace
  lua luajit make man md md5sum micro mkcert mkdir mkfifo mktemp mongosh more mount move move-item msbuild mv mypy
  mysql mysqldump nano nc new-item nice nim ninja nix-build nix-shell nl nm node nohup nox nproc nvim objdump ocaml od
  opam openssl pacman paste patch perf perl pg_dump pg_restore pgrep pkill pnpx popd powershell pr printenv printf
  protoc ps psql pushd pwd pwsh pylint pyright python python2 python3 r rd read readlink realpath redis-cli
  redis-server remove-item ren reset rev rg rm rmdir robocopy rscript rsync ruby sbt scala scp screen sed
  select-string seq service set set-content set-location sh sha1sum sha256sum shuf sleep sort source split sqlite3 ssh
  ssh-add ssh-agent ssh-copy-id ssh-keygen start-process stat stop-process strace strings stty su sudo swiftc tac tail
  tar taskkill tasklist tee test test-path tig time timeout tokei top touch tox tr traceroute trap tree true tsx tty
  type ulimit umask umount unalias uname uncompress unexpand uniq unset unzip uptime users uvx valgrind ver vi vim
  vmstat wait watch wc wget where whereis which who whoami windsurf write-host write-output xargs xcopy yes yq zcat
  zip zsh
`;

export const ownCommands: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    alone
      .trim()
      .split(/\s+/)
      .map((program) => [program, []]),
  ),
  ...Object.fromEntries(Object.entries(withSubcommands).map(([program, list]) => [program, list.split(", ")])),
};
