/** Public programs that the completion specifications lack, and the commands of Nexus tools. */

import { ownCommands } from "./own-commands.ts";

/** Program → subcommands. */
const withSubcommands: Readonly<Record<string, string>> = {
  alembic: "current, downgrade, history, revision, stamp, upgrade",
  apk: "add, del, update, upgrade",
  apt: "install, remove, search, update, upgrade",
  "apt-cache": "policy, search, show",
  "apt-get": "autoremove, clean, dist-upgrade, install, purge, remove, update, upgrade",
  argocd: "app, login, repo",
  asdf: "install",
  az:
    "account, acr, ad, aks, appservice, config, container, cosmosdb, deployment, devops, " +
    "functionapp, group, keyvault, login, logout, network, pipelines, resource, role, sql, " +
    "storage, vm, webapp",
  bazel: "build, run, test",
  biome: "check, ci, format, lint",
  buck2: "build, run, test",
  buf: "build, generate, lint",
  cabal: "build, run, test",
  cargo: "clippy, fmt, nextest, nextest run",
  celery: "beat, flower, worker",
  choco: "install",
  colima: "start, status, stop",
  composer: "dump-autoload, install, remove, require, run-script, update",
  conan: "install",
  cypress: "open, run",
  dbt: "build, compile, run, seed, test",
  direnv: "allow, deny, reload",
  dlv: "attach, debug, test",
  dnf: "install, remove, search, update, upgrade",
  dotnet: "add, ef, new, pack, publish, restore, watch",
  expo: "build, prebuild, run, start",
  flask: "db, routes, run, shell",
  flatpak: "install, run",
  flux: "bootstrap, get, reconcile",
  forge: "build, script, test",
  git: "lfs, lfs install, lfs pull, lfs track, flow",
  glab: "auth, ci, issue, mr, mr create, mr list, repo, release",
  "golangci-lint": "run",
  gradlew: "assemble, build, check, clean, run, test",
  heroku: "apps, config, create, git, login, logs, open, ps, releases, run",
  hugo: "new, server",
  ip: "addr, link, neigh, route",
  jupyter: "lab, notebook",
  limactl: "shell, start, stop",
  meson: "compile, setup, test",
  mise: "install, run, use",
  mkdocs: "build, serve",
  mlflow: "run, server, ui",
  mvn: "clean, compile, deploy, install, package, test, verify",
  mvnw: "clean, compile, deploy, install, package, test, verify",
  nerdctl: "build, compose, exec, images, ps, run",
  nexus: [...ownCommands, "status", "skills", "skills search", "think", "compare", "metrics"].join(", "),
  "nexus-cloud": "serve, migrate, replay, doctor",
  nix: "build, develop, flake, run, shell",
  npm: "exec, x, query, sbom",
  nuget: "restore",
  nvm: "install, use",
  ollama: "list, pull, run, serve",
  packer: "build, init, validate",
  pdm: "add, install, run, sync, update",
  php: "artisan",
  pip3: "install",
  pipenv: "install, lock, run, shell, sync",
  playwright: "codegen, install, test",
  pnpm: "dlx, create, deploy",
  podman: "build, compose, exec, images, logs, ps, pull, push, rm, run, start, stop",
  "pre-commit": "autoupdate, install, run",
  pyenv: "install, local",
  rails: "console, db, generate, new, routes, server, test",
  rbenv: "global, install, local",
  rclone: "copy, sync",
  restic: "backup, restore, snapshots",
  ruff: "check, format",
  scoop: "install",
  sdk: "install, use",
  skaffold: "dev, run",
  snap: "install, remove",
  stack: "build, run, test",
  streamlit: "run",
  swift: "build, run, test",
  systemctl: "disable, enable, reload, restart, start, status, stop",
  tailscale: "down, ping, status, up",
  tilt: "down, up",
  uv:
    "add, build, cache, export, init, lock, pip, pip install, publish, python, remove, run, self, sync, " +
    "tool, tool run, tree, venv, version",
  vagrant: "destroy, halt, init, provision, reload, ssh, status, up",
  vcpkg: "install",
  vitest: "bench, run, watch",
  volta: "install, pin, run",
  winget: "install, list, upgrade",
  wrangler: "deploy, dev, login, tail, types",
  yarn: "dlx",
  yum: "install, remove, update",
  zig: "build, run, test",
  zypper: "install, remove",
};

/** Counted only by name: shells, POSIX utilities, compilers, editors, PowerShell and cmd. */
const withoutSubcommands = `
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
  7z ab actionlint air arp aspell astyle avdmanager base64 blkid bluetoothctl borg btm builtin bzip2 caddy cheat clang-format
  clang-tidy clear-host cloudflared cscope ctags cvs cwebp defaults dmesg doas dos2unix duf dust eas emulator ethtool explorer
  fastlane fdisk ffmpeg ffprobe flamegraph fnm foreach-object get-command get-item get-itemproperty get-location getent ghostscript
  gofmt goimports gradio groupadd grpcurl gs gunicorn hadolint helix hexdump hey hostnamectl huggingface-cli iconutil ifconfig iftop
  import-module inkscape install-module ionice iostat iperf iperf3 iptables ispell jenv jekyll jshell k6 kubectx kubens last latexmk launchctl
  locust loginctl lsblk lscpu lsmod lspci lsusb luarocks magick mdbook measure-command mkfs mpirun mtr multipass nbtstat ncdu net netsh netstat nethogs
  new-object newman nginx ngrok nmcli node-gyp nodemon notepad nox nslookup nvidia-smi od open out-file pandoc passwd pbcopy pbpaste pdflatex
  pidstat pm2 procs protolint pstree qemu-img ranger reg resolve-dnsname restart-service robot route rsyslogd runas rye sar sc schtasks
  scons sdkmanager select-object setsid setx set-executionpolicy sftp sha512sum shasum shellcheck shfmt showmount skopeo socat softwareupdate
  solc sphinx-build ss ssh-keyscan sqlcmd sshpass starship start start-service staticcheck stdbuf stern stop-service strip subl svn swiftlint sysctl
  systemd-analyze systeminfo tcpdump tee-object telnet test-connection test-netconnection testdisk tflint thefuck timedatectl tldr tmuxinator ts-node
  tsup tsx typst ufw useradd userdel usermod uvicorn vegeta virtualenv wasm-pack websocat wg where-object wrk wsl xcode-select xcrun xdg-open xelatex xh xxd
  xz yamllint yt-dlp zstd
`;

export const nexusCommands: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    withoutSubcommands
      .trim()
      .split(/\s+/)
      .map((program) => [program, []]),
  ),
  ...Object.fromEntries(Object.entries(withSubcommands).map(([program, list]) => [program, list.split(", ")])),
};
