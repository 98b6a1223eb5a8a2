/**
 * Commands that only set the scene for another one. They count only if the line has no other
 * command: `cd web && npm test` is `npm test`.
 */

const sceneSetting = new Set(
  `cd pushd popd export set unset source . : true echo printf test [ [[ sleep mkdir touch alias umask ulimit trap
  exit return break continue wait disown declare typeset local readonly shopt setopt unsetopt
  md echo. activate deactivate
  set-location sl push-location pop-location write-host write-output cls clear clear-host rem :: setlocal endlocal
  title chcp chdir pause start-sleep`.split(/\s+/),
);

/** `cd..`, `cd\`: cmd needs no blank. */
const joinedCd = /^cd[.\\/]/i;
const drive = /^[A-Za-z]:$/;
/** Activates a Python environment: `.venv\\Scripts\\activate`. */
const activation = /(?:^|[\\/])(?:bin|scripts)[\\/]activate(?:\.(?:bat|ps1|fish|csh))?$/i;

/** Returns whether the command with this first word only sets the scene. */
export function setsScene(word: string): boolean {
  if (sceneSetting.has(word) || drive.test(word) || joinedCd.test(word) || activation.test(word)) return true;
  return sceneSetting.has((word.startsWith("@") ? word.slice(1) : word).toLowerCase());
}

/** Commands that only leave the script or loop. */
export const leaves = (path: string): boolean => /^(?:exit|return|break|continue)$/.test(path);

/** Commands whose time is not the named command's. */
export const waits = (word: string): boolean => /^(?:sleep|start-sleep|timeout|pause|wait|read)$/i.test(word);

/** Commands that only check a condition: after `&&`, the next one may not have run. */
export const checksCondition = (word: string): boolean => word === "test" || word === "[" || word === "[[";
