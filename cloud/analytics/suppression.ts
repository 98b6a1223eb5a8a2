/**
 * Hides small numbers. A cell is hidden if the users it counts, or the users that remain of its
 * total without it, are fewer than the minimum; then so many more that the hidden ones cannot be
 * computed from the total.
 */

/** How many users. */
export interface Users {
  /** All of them. */
  readonly all: number;
  /** Those who count for anonymity: installations that proved to be real (docs/cloud.md). */
  readonly counted: number;
}

export const noUsers: Users = { all: 0, counted: 0 };

/** Users as the engine counts them: 64-bit numbers are texts. */
export interface CountedUsers {
  readonly n_all: string;
  readonly n_counted: string;
}

export const usersIn = ({ n_all, n_counted }: CountedUsers): Users => ({
  all: Number(n_all),
  counted: Number(n_counted),
});

/** The users of a total that are not in a part of it. */
export const without = (total: Users, part: Users): Users => ({
  all: total.all - part.all,
  counted: total.counted - part.counted,
});

/** A cell without users is empty and may be shown; a minimum of 1 hides nothing. */
export const isSmall = ({ all, counted }: Users, minUsers: number): boolean =>
  minUsers > 1 && all > 0 && counted < minUsers;

/** The users of a cell, and those of its total without it, once per dimension. */
export interface CellUsers {
  readonly users: Users;
  readonly complements: readonly Users[];
}

export interface Hidden {
  readonly cells: readonly boolean[];
  /** The total would reveal what the cells hide. */
  readonly total: boolean;
}

/** Decides for the cells of one total. `minUsers`: 1 hides nothing. */
export function hideSmall(cells: readonly CellUsers[], minUsers: number): Hidden {
  const isHidden = cells.map(({ users, complements }) => [users, ...complements].some((n) => isSmall(n, minUsers)));
  const hiddenUsers = () => cells.reduce((sum, { users }, n) => sum + (isHidden[n] === true ? users.counted : 0), 0);
  const hiddenCells = () => cells.filter(({ users }, n) => isHidden[n] === true && users.all > 0).length;
  const isExposed = () => hiddenCells() > 0 && (hiddenCells() < 2 || hiddenUsers() < minUsers);
  const shown = () =>
    cells
      .map(({ users }, n) => ({ n, users }))
      .filter(({ n, users }) => isHidden[n] !== true && users.all > 0)
      .sort((a, b) => a.users.all - b.users.all || a.n - b.n);
  while (minUsers > 1 && isExposed()) {
    const [next] = shown();
    if (next === undefined) return { cells: isHidden, total: true };
    isHidden[next.n] = true;
  }
  return { cells: isHidden, total: false };
}
