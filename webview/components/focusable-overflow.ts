let isScheduled = false;

/**
 * Makes tables focusable while they overflow, so that the keyboard can scroll them. Call it after each rendering and resizing. It
 * measures after the next frame, when that costs no layout of its own.
 */
export function makeOverflowFocusable(root: HTMLElement): void {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => setTimeout(measure, 0, root));
}

function measure(root: HTMLElement): void {
  isScheduled = false;
  const tables = [...root.querySelectorAll<HTMLElement>(".scroll")];
  const overflows = tables.map(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
  for (const [at, table] of tables.entries()) {
    if (overflows[at] === true) table.tabIndex = 0;
    else table.removeAttribute("tabindex");
  }
}
