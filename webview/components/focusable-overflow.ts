/** Tables that are wider than their place scroll; those, and only those, are reached by the keyboard. */
export function makeOverflowFocusable(root: HTMLElement): void {
  const look = () => {
    for (const place of root.querySelectorAll<HTMLElement>(".scroll")) {
      if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
      else place.removeAttribute("tabindex");
    }
  };
  // Its height changes with everything that is drawn or opened, its width with the window.
  new ResizeObserver(look).observe(root);
}
