/** Makes tables focusable while they overflow, so that the keyboard can scroll them. Call it after each rendering and resizing. */
export function makeOverflowFocusable(root: HTMLElement): void {
  for (const element of root.querySelectorAll<HTMLElement>(".scroll")) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
}
