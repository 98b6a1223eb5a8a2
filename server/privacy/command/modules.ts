/** Public Python modules that run with `python -m`, and the program that each one is. */

const asProgram: Readonly<Record<string, string>> = {
  IPython: "ipython",
  PyInstaller: "pyinstaller",
  alembic: "alembic",
  bandit: "bandit",
  black: "black",
  celery: "celery",
  coverage: "coverage",
  cython: "cython",
  django: "django-admin",
  flake8: "flake8",
  flask: "flask",
  gunicorn: "gunicorn",
  hatch: "hatch",
  locust: "locust",
  mlflow: "mlflow",
  dbt: "dbt",
  pdm: "pdm",
  nuitka: "nuitka",
  scalene: "scalene",
  fastapi: "fastapi",
  cookiecutter: "cookiecutter",
  hypercorn: "hypercorn",
  basedpyright: "basedpyright",
  ipykernel: "jupyter",
  isort: "isort",
  jupyter: "jupyter",
  mkdocs: "mkdocs",
  mypy: "mypy",
  notebook: "jupyter",
  nox: "nox",
  pip: "pip",
  pip_audit: "pip-audit",
  pipenv: "pipenv",
  pipx: "pipx",
  piptools: "pip-tools",
  playwright: "playwright",
  poetry: "poetry",
  pre_commit: "pre-commit",
  "py.test": "pytest",
  pycodestyle: "pycodestyle",
  pylint: "pylint",
  pyright: "pyright",
  pytest: "pytest",
  ruff: "ruff",
  scrapy: "scrapy",
  sphinx: "sphinx-build",
  streamlit: "streamlit",
  "torch.distributed.run": "torchrun",
  tox: "tox",
  twine: "twine",
  uv: "uv",
  uvicorn: "uvicorn",
  virtualenv: "virtualenv",
};

/** Modules without a program of their own are stored after the interpreter: `python3 venv`. */
export const interpreterModules =
  "build compileall cprofile debugpy ensurepip http.server json.tool pdb pydoc site timeit unittest venv zipfile".split(
    " ",
  );
const ofInterpreter = new Set(interpreterModules);

/** The program of a module, or the module as a subcommand of the interpreter. */
export function moduleCommand(module: string): { program: string } | { subcommand: string } | undefined {
  if (Object.hasOwn(asProgram, module)) return { program: asProgram[module] ?? "" };
  const name = module.toLowerCase();
  return ofInterpreter.has(name) ? { subcommand: name } : undefined;
}
