/**
 * What kind of work a public command does, and which exit statuses are an answer, not a failure.
 * Statistics and insights use both; the firewall uses the second when it stores an event.
 */

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
    pytest, jest, vitest, vitest run, mocha, ava, tap, karma, jasmine, playwright test, cypress run, cypress, cucumber-js, wdio, testcafe,
    npm test, npm t, npm run test, npm run tests, npm run lint, npm run check, npm run typecheck, npm run type-check,
    npm run types, npm run tsc, npm run e2e, npm run unit, npm run ci, npm run format, npm run fmt, npm run prettier,
    npm run jest, npm run vitest, npm run stylelint, npm run validate, npm run verify, npm run coverage, npm run integration, npm run smoke,
    yarn test, yarn lint, yarn check, yarn typecheck, yarn tsc, yarn jest, yarn vitest, yarn e2e, yarn run test, yarn run lint,
    pnpm test, pnpm lint, pnpm check, pnpm typecheck, pnpm tsc, pnpm jest, pnpm vitest, pnpm e2e, pnpm run test, pnpm run lint,
    pnpm run typecheck, pnpm run check, bun test, bun run test, bun run lint, bun lint, bun run typecheck, deno test, deno lint, deno check,
    deno task test, deno task lint, deno task check, make test, make check, make lint, make tests, just test, just lint, just check,
    task test, task lint, task check, rake test, rake spec, gradle test, gradle check, gradle lint, gradlew test, gradlew check, gradlew lint,
    mvn test, mvn verify, mvn validate, mvnw test, mvnw verify, composer test, composer lint, composer check,
    cargo test, cargo check, cargo clippy, cargo nextest, cargo nextest run, cargo fmt, cargo miri, cargo audit, cargo deny,
    go test, go vet, golangci-lint, golangci-lint run, gotestsum, staticcheck, golint, govulncheck, errcheck,
    dotnet test, dotnet format, swift test, flutter test, flutter analyze, dart test, dart analyze, mix test, mix credo, mix dialyzer,
    bazel test, buck2 test, ctest, meson test, cabal test, stack test, zig test, forge test, rspec, rubocop, minitest, rails test, brakeman,
    phpunit, pest, phpstan, psalm, phpcs, php-cs-fixer, pint, sorbet, steep,
    python unittest, python3 unittest, tox, nox, unittest, coverage run, mypy, pyright, pylint, flake8, ruff, ruff check, ruff format, black, isort, bandit,
    pycodestyle, pydocstyle, eslint, prettier, biome, biome check, biome lint, biome ci, biome format, stylelint, oxlint, tsc, vue-tsc, svelte-check,
    tsd, xo, standard, knip, commitlint, markdownlint, shellcheck, hadolint, yamllint, actionlint, tflint, checkov, tfsec, terraform validate,
    terraform fmt, helm lint, kubeconform, pre-commit, pre-commit run, ansible-lint, sqlfluff, buf lint, vale, codespell, cspell, semgrep, trivy,
    gcc, g++, cc, c++, clang, clang++, rustc, javac, kotlinc, swiftc, ghc, nasm, as, ocamlc, ocamlfind, scalac, valgrind, cppcheck, clang-tidy,
    git diff, gitleaks, nx test, nx lint, nx e2e, nx typecheck, turbo run test, turbo run lint, turbo test, turbo lint, ng test, ng lint, ng e2e`,
  search: `
    grep, egrep, fgrep, zgrep, bzgrep, xzgrep, ggrep, rg, ag, ack, ugrep, pt, git grep, git log, find, fd, fdfind, locate, mlocate, plocate, which, where, whereis,
    whence, type, command, hash, apropos, whatis, pgrep, pidof, findstr, select-string, get-command, get-childitem, ast-grep, sk, fzf, dig, host, nslookup,
    whois, jq, yq, rga, sift, csearch`,
  server: `
    npm start, npm run dev, npm run start, npm run serve, npm run watch, npm run preview, npm run storybook, npm run android, npm run ios,
    yarn start, yarn dev, yarn serve, yarn watch, yarn preview, yarn storybook, yarn run dev, yarn run start, yarn run serve, yarn run watch,
    pnpm start, pnpm dev, pnpm serve, pnpm watch, pnpm preview, pnpm storybook, pnpm run dev, pnpm run start, pnpm run serve, pnpm run watch,
    bun dev, bun start, bun serve, bun watch, bun run dev, bun run start, bun run serve, bun run watch, deno task dev, deno task start, deno serve, deno task serve,
    make dev, make serve, make run, make start, make watch, just dev, just serve, just watch, just run, just start, task dev, task serve, task watch,
    composer dev, composer start, composer serve, turbo dev, turbo run dev, turbo watch, nx serve, nx run serve, nx run dev,
    vite, vite dev, vite preview, vite serve, next dev, next start, nuxt dev, nuxt start, astro dev, astro preview, remix dev, gatsby develop, gatsby serve,
    ng serve, vue serve, nest start, storybook, storybook dev, react-native start, expo start, expo run, metro, webpack serve, parcel, parcel serve,
    serve, http-server, live-server, browser-sync, json-server, nodemon, tsx watch, vitest watch, vitest dev, ts-node-dev, pm2, forever, concurrently,
    python http.server, python3 http.server, uvicorn, gunicorn, hypercorn, flask run, django-admin runserver, celery, celery worker, celery beat, streamlit, streamlit run, gradio, mkdocs serve,
    jupyter, jupyter lab, jupyter notebook, jupyter server, mlflow ui, mlflow server, tensorboard, rails server, rails s, rails console, puma, unicorn, sidekiq, foreman, overmind,
    hivemind, jekyll serve, jekyll, hugo server, bridgetown, php artisan serve, symfony serve, mix phx.server, cargo watch, trunk, bacon, air, reflex, dotnet watch,
    dotnet watch run, gradle bootrun, gradlew bootrun, mvn spring-boot, flutter run, swift run, tail, multitail, lnav, watch, watchexec, entr, inotifywait, fswatch,
    docker compose up, docker-compose up, docker compose logs, docker-compose logs, docker compose watch, docker logs, docker attach, docker events, docker stats,
    podman logs, podman compose up, kubectl logs, kubectl port-forward, kubectl proxy, kubectl attach, kubectl events, stern, k9s, skaffold dev, tilt up, telepresence,
    minikube tunnel, minikube dashboard, journalctl, dmesg, tcpdump, tshark, ngrok, cloudflared, wrangler dev, wrangler tail, netlify dev, vercel dev, heroku logs, fly logs, heroku local,
    supabase start, firebase emulators, gh run watch, ollama serve, redis-server, valkey-server, mongod, postgres, mysqld, clickhouse-server, nginx, caddy, httpd, memcached, etcd,
    consul agent, vault server, nomad agent, sam local, localstack, mitmproxy, ping, mtr, nats, kcat, kafka-console-consumer, stripe listen, stripe, sass, tailwindcss, tsserver, anvil, hardhat node`,
  interactive: `
    ssh, mosh, et, telnet, sftp, ftp, vim, vi, nvim, view, vimdiff, emacs, emacsclient, nano, micro, hx, helix, kak, joe, ed, ex, pico, mg, ne,
    less, more, most, man, info, bat, perldoc, vimtutor, bash, zsh, fish, sh, dash, ksh, tcsh, csh, nu, pwsh, powershell, cmd, wsl, su, sudo, screen, tmux, tmux attach, tmux new, zellij, byobu,
    top, htop, btop, atop, iotop, nvtop, glances, bashtop, bpytop, ctop, lazygit, lazydocker, tig, gitui, gitk, git gui, ranger, lf, nnn, yazi, mc, vifm, broot, ncdu, k9s,
    node, python, python3, python2, ipython, bpython, irb, pry, rails console, iex, ghci, scala, clojure, lein repl, sbt, jshell, julia, r, octave, gdb, lldb, dlv, pdb, ocaml, utop, racket, sbcl, guile, lua, luajit, php, ruby, perl, deno, bun, deno repl,
    psql, mysql, mariadb, sqlite3, mongosh, mongo, redis-cli, valkey-cli, pgcli, mycli, litecli, usql, sqlcmd, sqlplus, cqlsh, clickhouse-client, duckdb, influx,
    claude, codex, codex exec, codex resume, gemini, opencode, opencode run, aider, amp, crush, goose, goose session, qwen, cline, copilot, cursor-agent, kiro-cli, kiro-cli chat, auggie, droid, llm, aichat, ollama run, gh copilot, code, cursor, windsurf, zed, subl, idea,
    git commit, git rebase, git mergetool, git difftool, git add, git bisect, git citool, gh pr create, gh auth login, gh codespace ssh, glab mr create,
    docker exec, docker run, docker attach, docker compose exec, docker compose run, kubectl exec, kubectl edit, kubectl debug, podman exec, podman run, lxc exec, vagrant ssh, adb shell, heroku run, fly ssh, fly ssh console, multipass shell,
    crontab, visudo, nmtui, alsamixer, passwd, read, select, dialog, whiptail, fzf, peco, gum, read-host, login, npm init, npm login, npm create, create-next-app, create-react-app, create-vite, poetry init, cargo login, aws configure, gcloud init, gcloud auth, az login, npm adduser`,
  build: `
    make, gmake, cmake, ninja, meson, meson compile, bazel, bazel build, buck2, buck2 build, scons, xmake, configure, autoconf, automake, msbuild, xcodebuild, gradle, gradlew, mvn, mvnw, ant, sbt, lein, mill,
    cargo, cargo build, cargo run, cargo doc, cargo bench, go build, go run, go install, go generate, dotnet build, dotnet publish, dotnet run, dotnet pack, swift build, zig, zig build, cabal build, stack build, mix compile, mix, rebar3, dune, dune build,
    npm run, npm run build, npm run compile, npm run bundle, npm run package, npm run dist, npm run prod, npm run production, npm run release, npm run docs, npm run clean, npm run generate, npm run codegen, yarn build, yarn run, yarn run build, pnpm build, pnpm run, pnpm run build, bun build, bun run, bun run build, deno task, deno compile, deno bundle,
    vite build, webpack, webpack-cli, rollup, esbuild, parcel build, rspack, next build, nuxt build, nuxt generate, astro build, gatsby build, remix build, ng build, nest build, vue build, tsup, swc, babel, turbo, turbo build, turbo run, turbo run build, nx, nx build, nx run, lerna, lerna run, rush, rush build,
    flutter build, expo build, eas build, expo export, docker build, docker buildx, docker buildx build, docker compose build, docker-compose build, podman build, buildah, packer build, earthly, hugo, jekyll build, mkdocs build, sphinx-build, pdflatex, xelatex, lualatex, latexmk, typst, typst compile, pandoc, protoc, buf generate, poetry build, uv build, hatch build, python build, python3 build, wasm-pack, tauri build, electron-builder, goreleaser, rake, just, task, invoke`,
  version_control: `
    git, gh, glab, hub, hg, svn, jj, sl, gt, fossil, cvs, bzr, darcs, p4, pijul, repo, tea`,
  package: `
    npm, yarn, pnpm, bun install, bun add, bun remove, bun update, npx, bunx, corepack, nvm, fnm, volta, n, pip, pip3, pipx, pipenv, poetry, uv, pdm, hatch, rye, conda, mamba, micromamba, pixi, easy_install, virtualenv, pyenv, gem, bundle, bundler, rbenv, rvm, composer, cargo install, cargo add, cargo update, cargo fetch, cargo publish, rustup, go get, go mod, dotnet add, dotnet restore, dotnet tool, nuget, cabal install, cabal update, opam, luarocks, cpan, cpanm, pod, carthage, swift package, flutter pub, dart pub, mix deps.get, conan, vcpkg,
    brew, port, apt, apt-get, apt-cache, aptitude, dpkg, dnf, yum, rpm, zypper, pacman, yay, paru, makepkg, apk, emerge, xbps-install, pkg, snap, flatpak, nix, nix-env, nix-channel, guix, choco, scoop, winget, asdf, mise, sdk, install-module, install-package, update-module, mas, ghcup, stack upgrade, topgrade`,
  infrastructure: `
    docker, docker compose, docker-compose, podman, podman-compose, nerdctl, colima, lima, limactl, orb, buildah, skopeo, crictl, kubectl, oc, helm, helmfile, kustomize, k3d, k3s, kind, minikube, kubeadm, kubectx, kubens, istioctl, flux, argocd, argo, skaffold, tilt,
    terraform, tofu, terragrunt, pulumi, cdk, serverless, sls, sam, ansible, ansible-playbook, ansible-galaxy, ansible-vault, salt, puppet, chef, packer, vagrant, multipass, lxc, incus, virsh,
    aws, az, gcloud, gsutil, bq, doctl, hcloud, oci, ibmcloud, eksctl, fly, flyctl, heroku, vercel, netlify, wrangler, railway, render, firebase, supabase, amplify, eb, cloudflared,
    systemctl, service, launchctl, loginctl, ufw, iptables, nft, nmcli, ip, rsync, scp, rclone, restic, consul, vault, nomad, tailscale, certbot, mkcert, wp, artisan, sail, prisma, drizzle-kit, flyway, liquibase, alembic, airflow, dagster, kafka-topics`,
};

type ListedClass = keyof typeof lists;

/** Command paths by class. */
export const classLists: Readonly<Record<ListedClass, readonly string[]>> = Object.fromEntries(
  Object.entries(lists).map(([name, list]) => [name, list.split(",").map((path) => path.trim())]),
) as Record<ListedClass, string[]>;

const classes: ReadonlyMap<string, CommandClass> = new Map(
  (Object.entries(classLists) as [ListedClass, readonly string[]][]).flatMap(([name, paths]) =>
    paths.map((path) => [path, name] as const),
  ),
);

/** Returns the class of a command path: of its longest listed beginning. */
export function commandClass(path: string): CommandClass {
  for (let end = path.length; end > 0; end = path.lastIndexOf(" ", end - 1)) {
    const found = classes.get(path.slice(0, end));
    if (found !== undefined) return found;
  }
  return "other";
}

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
    "diff cmp comm wdiff colordiff zdiff delta difft icdiff sdiff diff3 fc comp test [ [[ expr let false mountpoint"
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
  "tmux has-session": [1],
  "gh pr checks": [8],
  getent: [2],
  ping: [1],
  // Files were copied.
  robocopy: [1, 2, 3, 4, 5, 6, 7],
  choice: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  read: [1],
};

/** 128 + SIGINT, 128 + SIGTERM, and STATUS_CONTROL_C_EXIT of Windows, unsigned and signed. */
export const signalStatuses: readonly number[] = [130, 143, 0xc000013a, 0xc000013a - 2 ** 32];

/** Returns whether this exit status of a command is an answer and no failure. */
export function isAnswer(path: string, code: number): boolean {
  if (signalStatuses.includes(code)) return endsBySignal.has(commandClass(path));
  return Object.hasOwn(answerStatuses, path) && (answerStatuses[path]?.includes(code) ?? false);
}
