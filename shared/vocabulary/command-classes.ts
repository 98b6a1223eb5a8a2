/**
 * What kind of work a public command does, and which exit statuses are an answer, not a failure.
 * Statistics and insights use both; the firewall uses the second when it stores an event.
 */

import { scriptRunners } from "./script-words.ts";

export const commandClasses = [
  "check",
  "search",
  "server",
  "interactive",
  "build",
  "version_control",
  "package",
  "infrastructure",
  "other",
] as const;
export type CommandClass = (typeof commandClasses)[number];

/** Command paths by class; a longer path takes precedence over a shorter one. */
const lists: Readonly<Record<Exclude<CommandClass, "other">, string>> = {
  // Tests, linters, type checkers, compilers.
  check: `
    cargo t, cargo c, pytest, jest, vitest, vitest run, mocha, ava, tap, karma, jasmine, playwright test, cypress run, cucumber-js,
    wdio, testcafe, npm test, npm t, deno test, deno lint, deno check, rake spec, cargo test, cargo check, cargo
    clippy, cargo nextest, cargo nextest run, cargo fmt, cargo miri, cargo audit, cargo deny, go test, go vet,
    golangci-lint, golangci-lint run, gotestsum, staticcheck, golint, govulncheck, errcheck, dotnet test, dotnet
    format, swift test, flutter test, flutter analyze, dart test, dart analyze, mix test, mix credo, mix dialyzer,
    bazel test, buck2 test, ctest, meson test, cabal test, stack test, zig test, forge test, rspec, rubocop, rails
    test, brakeman, phpunit, pest, phpstan, psalm, phpcs, php-cs-fixer, pint, sorbet, steep, python unittest,
    python3 unittest, tox, nox, coverage run, mypy, pyright, pylint, flake8, ruff, ruff check, ruff format, black,
    isort, bandit, pycodestyle, pydocstyle, eslint, prettier, biome, biome check, biome lint, biome ci, biome
    format, stylelint, oxlint, tsc, vue-tsc, svelte-check, tsd, xo, standard, knip, commitlint, markdownlint,
    shellcheck, hadolint, yamllint, actionlint, tflint, checkov, tfsec, terraform validate, terraform fmt, helm
    lint, kubeconform, pre-commit run, ansible-lint, sqlfluff, buf lint, vale, codespell, cspell, semgrep, trivy,
    gcc, g++, cc, c++, clang, clang++, rustc, javac, kotlinc, swiftc, ghc, nasm, as, ocamlc, ocamlfind, scalac,
    valgrind, cppcheck, clang-tidy, git diff, gitleaks, nx test, nx lint, nx e2e, nx typecheck, turbo test, turbo
    lint, ng test, ng lint, ng e2e, mvn spotless:check, gradle spotlesscheck, gradlew spotlesscheck, django-admin
    test, django-admin check, rails test:all, rails test:system, sbt testonly, lein test, xcodebuild test, cargo
    hack, basedpyright, ty check, luacheck, stylua, promtool check, promtool test, k6 run, snyk test, gofmt, next
    lint, caddy validate, slither, anchor test, sqlx prepare, dbt test, react-router typegen, hatch test, hatch fmt,
    fastlane scan, appium, locust`,
  search: `
    grep, egrep, fgrep, zgrep, bzgrep, xzgrep, ggrep, rg, ag, ack, ugrep, pt, git grep, find, fd, fdfind, locate,
    mlocate, plocate, which, where, whereis, whence, type, command, hash, apropos, whatis, pgrep, pidof, findstr,
    select-string, get-command, get-childitem, ast-grep, sk, fzf, dig, host, nslookup, whois, jq, yq, rga, sift,
    csearch`,
  server: `
    gradio, npm start, deno serve, make run, just run, turbo dev, turbo watch, nx serve, vite, vite dev, vite preview, vite
    serve, next dev, next start, nuxt dev, nuxt start, astro dev, astro preview, remix dev, gatsby develop, gatsby
    serve, ng serve, vue serve, nest start, storybook, storybook dev, react-native start, expo start, expo run,
    metro, webpack serve, parcel, serve, http-server, live-server, browser-sync, json-server, nodemon, tsx watch,
    vitest watch, vitest dev, ts-node-dev, forever, concurrently, python http.server, python3 http.server, uvicorn,
    gunicorn, hypercorn, flask run, django-admin runserver, celery worker, celery beat, streamlit, streamlit run,
    mkdocs serve, jupyter lab, jupyter notebook, jupyter server, mlflow ui, mlflow server, tensorboard, rails
    server, rails s, puma, unicorn, sidekiq, foreman, overmind, hivemind, jekyll, hugo server, bridgetown, symfony
    serve, mix phx.server, cargo watch, trunk, bacon, air, reflex, dotnet watch, dotnet watch run, gradle bootrun,
    gradlew bootrun, flutter run, swift run, tail, multitail, lnav, watch, watchexec, entr, inotifywait, fswatch,
    docker compose up, docker-compose up, docker compose logs, docker-compose logs, docker compose watch, docker
    logs, docker attach, docker events, docker stats, podman logs, podman compose up, kubectl logs, kubectl
    port-forward, kubectl proxy, kubectl attach, kubectl events, stern, skaffold dev, tilt up, telepresence,
    minikube tunnel, minikube dashboard, journalctl, dmesg, tcpdump, tshark, ngrok, wrangler dev, wrangler tail,
    netlify dev, vercel dev, heroku logs, fly logs, heroku local, supabase start, gh run watch, ollama serve,
    redis-server, valkey-server, mongod, postgres, mysqld, clickhouse-server, nginx, httpd, memcached, etcd, consul
    agent, vault server, nomad agent, sam local, localstack, mitmproxy, ping, mtr, nats, kcat,
    kafka-console-consumer, stripe listen, anvil, hardhat node, mvn spring-boot:run, mvnw spring-boot:run, mvn
    quarkus:dev, mvnw quarkus:dev, gradle quarkusdev, gradlew quarkusdev, firebase emulators:start, jekyll serve,
    fastapi dev, fastapi run, dx serve, rsbuild dev, rsbuild preview, react-router dev, sst dev, func start,
    verdaccio, dbt docs serve, pm2 logs, pm2 monit, aws logs tail, stripe logs tail, caddy run`,
  interactive: `
    rails c, python pdb, python3 pdb, bun repl, flask shell, stack ghci, cabal repl, poetry shell, pipenv shell, dotnet fsi, mosh, et, telnet, sftp, ftp, vim, vi, nvim, view, vimdiff, emacs, emacsclient, nano, micro, hx, helix, kak, joe,
    ed, ex, pico, mg, ne, less, more, most, man, bat, perldoc, vimtutor, tcsh, csh, cmd, wsl, sudo, screen, tmux,
    tmux attach, tmux new, zellij, byobu, top, htop, btop, atop, iotop, nvtop, glances, bashtop, bpytop, ctop,
    lazygit, lazydocker, tig, gitui, gitk, git gui, ranger, lf, nnn, yazi, mc, vifm, broot, ncdu, ipython, bpython,
    irb, pry, rails console, iex, ghci, jshell, gdb, lldb, dlv, utop, deno repl, pgcli, mycli, litecli, usql,
    sqlplus, cqlsh, influx, codex resume, crush, goose session, qwen, cline, copilot, cursor-agent, kiro-cli,
    kiro-cli chat, auggie, droid, llm, aichat, gh copilot, code, cursor, windsurf, zed, subl, idea, git mergetool,
    git difftool, git citool, gh auth login, gh codespace ssh, glab mr create, kubectl edit, kubectl debug, lxc
    exec, fly ssh, fly ssh console, multipass shell, visudo, nmtui, alsamixer, passwd, read, dialog, whiptail, peco,
    gum, read-host, login, npm init, npm login, npm create, create-next-app, create-react-app, create-vite, poetry
    init, cargo login, aws configure, gcloud init, gcloud auth, az login, npm adduser, lein repl, sbt console, snyk
    auth, django-admin shell, django-admin dbshell, rails dbconsole, cypress open`,
  build: `
    storybook build, sass, tailwindcss, make, gmake, cmake, ninja, meson, meson compile, bazel, bazel build, buck2, buck2 build, scons, xmake,
    configure, autoconf, automake, msbuild, xcodebuild, gradle, gradlew, mvn, mvnw, ant, sbt, lein, mill, cargo,
    cargo build, cargo run, cargo doc, cargo bench, go build, go run, go install, go generate, dotnet build, dotnet
    publish, dotnet run, dotnet pack, swift build, zig, zig build, cabal build, stack build, mix compile, mix,
    rebar3, dune, dune build, npm run, yarn run, pnpm run, bun run, deno task, deno compile, deno bundle, vite
    build, webpack, webpack-cli, rollup, esbuild, rspack, next build, nuxt build, nuxt generate, astro build, gatsby
    build, remix build, ng build, nest build, vue build, tsup, swc, babel, turbo, turbo build, turbo run, nx, nx
    build, nx run, lerna, lerna run, rush, flutter build, expo build, eas build, expo export, docker build, docker
    buildx, docker buildx build, docker compose build, docker-compose build, podman build, packer build, earthly,
    hugo, jekyll build, mkdocs build, sphinx-build, pdflatex, xelatex, lualatex, latexmk, typst, typst compile,
    pandoc, protoc, buf generate, poetry build, uv build, hatch build, python build, python3 build, wasm-pack, tauri
    build, electron-builder, goreleaser, rake, just, task, invoke, doxygen, rolldown, tsdown, rsbuild, maturin, dx
    build, react-router build, sbt assembly, cmake --build, anchor build, nuitka, npm-run-all, run-s, rails
    assets:precompile, rake assets:precompile, dbt, func pack`,
  version_control: `
    git, gh, glab, hub, hg, svn, jj, sl, gt, fossil, cvs, bzr, darcs, p4, pijul, repo`,
  package: `
    npm, yarn, pnpm, bun install, bun add, bun remove, bun update, npx, bunx, corepack, nvm, fnm, volta, n, pip,
    pip3, pipx, pipenv, poetry, uv, pdm, hatch, rye, conda, mamba, micromamba, pixi, virtualenv, pyenv, gem, bundle,
    rbenv, rvm, composer, cargo install, cargo add, cargo update, cargo fetch, cargo publish, rustup, go get, go
    mod, dotnet add, dotnet restore, dotnet tool, nuget, cabal install, cabal update, opam, luarocks, cpan, cpanm,
    pod, carthage, swift package, flutter pub, dart pub, mix deps.get, conan, vcpkg, brew, port, apt, apt-get,
    apt-cache, aptitude, dpkg, dnf, yum, rpm, zypper, pacman, yay, paru, makepkg, apk, pkg, snap, flatpak, nix,
    nix-env, nix-channel, guix, choco, scoop, winget, asdf, mise, sdk, install-module, install-package,
    update-module, mas, ghcup, stack upgrade, topgrade, cmake --install`,
  infrastructure: `
    docker, docker compose, docker-compose, podman, podman-compose, nerdctl, colima, lima, limactl, orb, buildah,
    skopeo, crictl, kubectl, oc, helm, helmfile, kustomize, k3d, k3s, kind, minikube, kubeadm, kubectx, kubens,
    istioctl, flux, argocd, argo, skaffold, tilt, terraform, tofu, terragrunt, pulumi, cdk, serverless, sls, sam,
    ansible, ansible-playbook, ansible-galaxy, ansible-vault, salt, puppet, chef, packer, vagrant, multipass, lxc,
    incus, virsh, aws, az, gcloud, gsutil, bq, doctl, hcloud, oci, ibmcloud, eksctl, fly, flyctl, heroku, vercel,
    netlify, wrangler, railway, render, firebase, supabase, amplify, eb, cloudflared, systemctl, service, launchctl,
    loginctl, ufw, iptables, nft, nmcli, ip, rsync, scp, rclone, restic, consul, vault, nomad, tailscale, certbot,
    mkcert, wp, artisan, sail, prisma, drizzle-kit, flyway, liquibase, alembic, airflow, dagster, kafka-topics, pm2,
    stripe, psql, mysql, mariadb, sqlite3, mongosh, mongo, redis-cli, valkey-cli, duckdb, clickhouse-client, sqlcmd,
    ssh, docker exec, docker run, docker compose exec, docker compose run, kubectl exec, podman exec, podman run,
    adb shell, vagrant ssh, heroku run, rails db:migrate, rake db:migrate, azd, func, sst, linkerd, cilium, sqlx,
    diesel, solana, crontab, caddy`,
};

type ListedClass = keyof typeof lists;

/** Command paths by class. */
export const classLists: Readonly<Record<ListedClass, readonly string[]>> = Object.fromEntries(
  Object.entries(lists).map(([name, list]) => [name, list.split(",").map((path) => path.trim().replace(/\s+/, " "))]),
) as Record<ListedClass, string[]>;

const classes: ReadonlyMap<string, CommandClass> = new Map(
  (Object.entries(classLists) as [ListedClass, readonly string[]][]).flatMap(([name, paths]) =>
    paths.map((path) => [path, name] as const),
  ),
);

/** The class of what a script of this name does, with any runner: `npm run test`, `just test`. */
const scriptClasses: ReadonlyMap<string, CommandClass> = new Map(
  (
    [
      [
        "check",
        `check ci cov coverage e2e fix fmt format integration jest lint mypy prettier pytest smoke stylelint test tests tsc
        type-check typecheck types unit unittest validate verify vet vitest`,
      ],
      ["server", "android dev ios logs preview serve start storybook up watch"],
      [
        "build",
        "bench benchmark build bundle clean codegen compile dist distclean doc docs generate package prod production release",
      ],
    ] as const
  ).flatMap(([name, words]) => words.split(/\s+/).map((word) => [word, name] as const)),
);

function scriptClass(path: string): CommandClass | undefined {
  const space = path.lastIndexOf(" ");
  return space !== -1 && Object.hasOwn(scriptRunners, path.slice(0, space))
    ? scriptClasses.get(path.slice(space + 1))
    : undefined;
}

/** Returns the class of a command path: as listed, or of the script it runs, or of its longest listed beginning. */
export function commandClass(path: string): CommandClass {
  const own = classes.get(path) ?? scriptClass(path);
  if (own !== undefined) return own;
  for (let end = path.length; end > 0; end = path.lastIndexOf(" ", end - 1)) {
    const found = classes.get(path.slice(0, end));
    if (found !== undefined) return found;
  }
  return "other";
}

/** Whether the user waits for commands of a class: servers and interactive programs run while something else is done. */
export const isForeground = (kind: CommandClass): boolean => kind !== "server" && kind !== "interactive";

/** An interrupted or terminated server, watcher or interactive program ended as intended. */
const endsBySignal: ReadonlySet<CommandClass> = new Set(["server", "interactive"]);

/** Exit statuses of a command that are an answer, by command path. Source: each command's manual. */
export const answerStatuses: Readonly<Record<string, readonly number[]>> = {
  // No line matches; nothing found.
  ...Object.fromEntries(
    `grep egrep fgrep zgrep bzgrep xzgrep ggrep rg ag ack ugrep pt rga findstr ast-grep fd fdfind locate mlocate plocate apropos whatis which where whereis whence
    type command hash pgrep pidof pkill killall fuser lsof select-string`
      .split(/\s+/)
      .map((program) => [program, [1]] as const),
  ),
  "git grep": [1],
  fzf: [1],
  sk: [1],
  // The inputs differ; the condition is false.
  ...Object.fromEntries(
    "diff cmp comm wdiff colordiff zdiff delta difft icdiff sdiff diff3 fc comp test expr let false mountpoint"
      .split(" ")
      .map((program) => [program, [1]] as const),
  ),
  "git diff": [1],
  "git diff-files": [1],
  "git diff-index": [1],
  "git diff-tree": [1],
  "git merge-base": [1],
  "git check-ignore": [1],
  "git check-attr": [1],
  "git show-ref": [1],
  "git config": [1],
  "git ls-remote": [2],
  "git rev-parse": [1],
  "git symbolic-ref": [1],
  "kubectl diff": [1],
  "terraform plan": [2],
  "tofu plan": [2],
  // Something can be updated, or a service is not active.
  "npm outdated": [1],
  "pnpm outdated": [1],
  "yarn outdated": [1],
  "bundle outdated": [1],
  "dnf check-update": [100],
  "yum check-update": [100],
  "systemctl status": [3, 4],
  "systemctl is-active": [3, 4],
  "systemctl is-enabled": [1],
  "systemctl is-failed": [1],
  "terraform fmt": [3],
  "tofu fmt": [3],
  pg_isready: [1, 2],
  "pip show": [1],
  "pip3 show": [1],
  "npm ls": [1],
  "npm list": [1],
  // The last value is null or false; there is none.
  jq: [1, 4],
  yq: [1],
  "tmux has-session": [1],
  "gh pr checks": [8],
  getent: [2],
  ping: [1],
  // Files were copied.
  robocopy: [1, 2, 3, 4, 5, 6, 7],
  choice: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  read: [1],
};

/** The reader of its output, such as a pager, has quit: 128 + SIGPIPE. */
const pipeStatus = 141;

/** 128 + SIGHUP, 128 + SIGINT, 128 + SIGTERM, 124 of `timeout`, and STATUS_CONTROL_C_EXIT of Windows, unsigned and signed. */
export const signalStatuses: readonly number[] = [124, 129, 130, 143, 0xc000013a, 0xc000013a - 2 ** 32];

/** Returns whether this exit status of a command is an answer and no failure. */
export function isAnswer(path: string, code: number): boolean {
  if (code === pipeStatus) return commandClass(path) === "version_control";
  if (signalStatuses.includes(code)) return endsBySignal.has(commandClass(path));
  return Object.hasOwn(answerStatuses, path) && (answerStatuses[path]?.includes(code) ?? false);
}
