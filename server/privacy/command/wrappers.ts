/**
 * Programs and subcommands that run another command, which is the one that counts: `sudo`, `npx`,
 * `uv run`, `docker compose exec`, `bash -c`. Options that take a value are listed, so that the
 * value is not taken for the command.
 */

export interface Wrapper {
  /** Options that take a value, separated by blanks. */
  readonly valued?: string;
  /** Words before the command: the duration of `timeout`, the container of `docker exec`. */
  readonly positionals?: number;
  /** Options whose value is a command line: `-c` of `sh`. */
  readonly code?: string;
  /** Without such an option, the next word is a script and no command. */
  readonly codeOnly?: true;
  /** The command line is made of all words after the option: `powershell -Command`. */
  readonly codeIsRest?: true;
  /** The command follows one of these options only: `--`, `-c`. */
  readonly after?: string;
  /** The rest is a command line, to be joined and read by a shell: `ssh host …`. */
  readonly joined?: true;
  /** The command is the name of a package, which may have a scope and a version. */
  readonly packages?: true;
  /** Options may be written in capitals: `powershell -Command`. */
  readonly ignoresCase?: true;
  /** Options begin with a slash: `cmd /c`, `start /wait`. */
  readonly slashes?: true;
  /** Options of letters may be combined, the last one with a value: `sudo -iu postgres`. */
  readonly clusters?: true;
  /** `-m` runs a Python module. */
  readonly modules?: true;
  /** A title may precede the command: `start "My app" npm start`. */
  readonly titled?: true;
  /** The rest is a command of this program: `yarn workspace web build`. */
  readonly as?: string;
  /** It runs the command many times, or its status is not the command's. */
  readonly repeats?: true;
}

const shell: Wrapper = { code: "-c", codeOnly: true, valued: "-o -O --rcfile --init-file", clusters: true };
const powershell: Wrapper = {
  code: "-command -c",
  codeOnly: true,
  codeIsRest: true,
  ignoresCase: true,
  valued:
    "-executionpolicy -ep -ex -file -f -encodedcommand -version -windowstyle -workingdirectory -configurationname",
};
const container: Wrapper = {
  valued:
    "-e --env --env-file -u --user -w --workdir --index --detach-keys --entrypoint --name -v --volume -p --publish -l --label",
  positionals: 1,
};
const packages: Wrapper = {
  packages: true,
  valued:
    "-p --package -w --workspace --prefix --cache --registry --userconfig --from --with --python --spec --index-url --with-requirements",
  code: "-c --call",
};
const environment: Wrapper = {
  modules: true,
  valued:
    "-p --python --with --with-editable --with-requirements --group --extra --project --directory --env-file --index --index-url --default-index --index-strategy --keyring-provider --package -w --no-group --only-group --no-extra --refresh-package --reinstall-package --no-binary-package --upgrade-package --resolution --cache-dir --config-setting --link-mode -C -E -e --env -f --file -g",
};
const separated: Wrapper = { after: "--" };
/** A Python program that runs a module, or else a script. */
const debugging: Wrapper = {
  modules: true,
  codeOnly: true,
  valued: "-o -s --listen --connect --log-to --configure-qt --configure-subprocess --adapter-access-token",
};
const one: Wrapper = { positionals: 1 };

/** By command path. */
export const wrappers: Readonly<Record<string, Wrapper>> = {
  // Privileges, priorities, limits.
  sudo: {
    valued:
      "-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --chdir --chroot --command-timeout --other-user --role --type",
    clusters: true,
  },
  doas: { valued: "-u -C", clusters: true },
  gsudo: { valued: "-u --user -i --integrity" },
  time: { valued: "-f -o" },
  nohup: {},
  nice: { valued: "-n --adjustment" },
  ionice: { valued: "-c -n -p --class --classdata" },
  chrt: { valued: "-T -P -D", positionals: 1 },
  taskset: { positionals: 1 },
  numactl: { valued: "-m -N -C -i" },
  setsid: {},
  stdbuf: { valued: "-i -o -e" },
  timeout: { valued: "-s -k --signal --kill-after", positionals: 1 },
  gtimeout: { valued: "-s -k --signal --kill-after", positionals: 1 },
  flock: { valued: "-w -E --timeout --wait", positionals: 1, code: "-c --command" },
  caffeinate: { valued: "-t -w" },
  fakeroot: {},
  unbuffer: {},
  winpty: {},
  rlwrap: { valued: "-H -f -b -C" },
  proxychains: { valued: "-f" },
  proxychains4: { valued: "-f" },
  torsocks: {},
  chroot: { valued: "--userspec --groups", positionals: 1 },
  "systemd-run": { valued: "-p --property -u --unit -M -H --slice --uid --gid -E --setenv" },
  "dbus-run-session": { valued: "--config-file" },
  "xvfb-run": { valued: "-n -s -f -e -w -p --server-num --server-args --auth-file --error-file --wait" },
  // Environment.
  env: { valued: "-u -C --unset --chdir", code: "-S --split-string", clusters: true },
  "cross-env": {},
  "cross-env-shell": {},
  dotenv: { valued: "-e -f -v -p" },
  "env-cmd": { valued: "-f --file -e --environments" },
  "direnv exec": one,
  "mise exec": { ...separated },
  "mise x": { ...separated },
  "asdf exec": {},
  "rbenv exec": {},
  "pyenv exec": {},
  "volta run": { valued: "--node --npm --yarn" },
  "fnm exec": { valued: "--using" },
  "nvm exec": one,
  "nvm run": one,
  "rustup run": one,
  "opam exec": {},
  "stack exec": {},
  "cabal exec": {},
  "aws-vault exec": { ...separated },
  "doppler run": { valued: "-p --project -c --config", code: "--command" },
  "op run": { ...separated },
  "infisical run": { ...separated, code: "--command" },
  "chamber exec": { ...separated },
  "dotenvx run": { ...separated },
  // Shell words.
  command: {},
  builtin: {},
  exec: { valued: "-a" },
  eval: { joined: true },
  noglob: {},
  nocorrect: {},
  call: {},
  start: { slashes: true, valued: "/d", titled: true },
  repeat: { positionals: 1, repeats: true },
  xargs: {
    valued: "-I -n -P -L -d -E -s -a --max-args --max-procs --max-lines --delimiter --replace --arg-file",
    repeats: true,
  },
  parallel: { valued: "-j --jobs -a --arg-file --colsep -n -N", repeats: true },
  watch: { valued: "-n --interval", joined: true, repeats: true },
  // Shells.
  sh: shell,
  bash: shell,
  zsh: shell,
  dash: shell,
  ksh: shell,
  fish: { code: "-c --command", codeOnly: true, valued: "-C -d -D --init-command" },
  nu: { code: "-c --commands", codeOnly: true },
  su: { code: "-c --command", codeOnly: true, positionals: 2, valued: "-s -g -G --shell --group" },
  script: { code: "-c --command", codeOnly: true, valued: "-O -I -B -T", clusters: true },
  powershell,
  pwsh: powershell,
  cmd: { slashes: true, joined: true, after: "/c /k /r" },
  wsl: { valued: "-d --distribution -u --user --cd --shell-type", joined: true },
  // Other machines and containers.
  ssh: {
    valued: "-b -B -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w",
    positionals: 1,
    joined: true,
    clusters: true,
  },
  "docker exec": container,
  "podman exec": container,
  "nerdctl exec": container,
  "docker container exec": container,
  "docker compose exec": container,
  "docker compose run": container,
  "docker-compose exec": container,
  "docker-compose run": container,
  "podman-compose exec": container,
  "kubectl exec": { ...separated },
  "oc exec": { ...separated },
  "lxc exec": { ...separated },
  "incus exec": { ...separated },
  "multipass exec": { ...separated },
  "distrobox enter": { ...separated },
  "toolbox run": { valued: "-c --container -d -r" },
  "devcontainer exec": {
    valued:
      "--workspace-folder --container-id --config --id-label --remote-env --docker-path --docker-compose-path --log-level",
  },
  "vagrant ssh": { code: "-c --command", codeOnly: true, positionals: 1 },
  "adb shell": { joined: true },
  "nix develop": { after: "-c --command" },
  "nix shell": { after: "-c --command" },
  "nix-shell": { code: "--run --command", codeOnly: true, positionals: 1 },
  "devbox run": {},
  "heroku run": { valued: "-a --app -r --remote -s --size" },
  // Packages and project environments.
  npx: packages,
  pnpx: packages,
  bunx: packages,
  uvx: packages,
  "npm exec": packages,
  "npm x": packages,
  "pnpm dlx": packages,
  "yarn dlx": packages,
  "bun x": packages,
  "pipx run": packages,
  "uv tool run": packages,
  "pnpm exec": {},
  "yarn exec": {},
  "yarn workspace": { positionals: 1, as: "yarn" },
  "yarn workspaces": { as: "yarn" },
  "yarn workspaces foreach": { valued: "--include --exclude --from --since -j --jobs", as: "yarn" },
  "lerna exec": {},
  "bundle exec": {},
  "uv run": environment,
  "poetry run": environment,
  "pipenv run": environment,
  "pdm run": environment,
  "rye run": environment,
  "hatch run": environment,
  "pixi run": environment,
  "conda run": { valued: "-n --name -p --prefix --cwd" },
  "mamba run": { valued: "-n --name -p --prefix --cwd" },
  "micromamba run": { valued: "-n --name -p --prefix --cwd" },
  corepack: {},
  // Debuggers and profilers of Python.
  "python debugpy": debugging,
  "python pdb": debugging,
  "python cprofile": debugging,
};
