/** Tables that are wider than their place scroll; those, and only those, are reached by the keyboard. */
export function makeOverflowFocusable(root: HTMLElement): void {
  const update = () => {
    for (const element of root.querySelectorAll<HTMLElement>(".scroll")) {
      if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    }
  };
  // Its height changes with everything that is drawn or opened, its width with the window.
  new ResizeObserver(update).observe(root);
}
