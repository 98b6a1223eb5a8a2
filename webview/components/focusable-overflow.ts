/** Makes tables focusable while they overflow, so that the keyboard can scroll them. */
export function makeOverflowFocusable(root: HTMLElement): void {
  const update = () => {
    for (const element of root.querySelectorAll<HTMLElement>(".scroll")) {
      if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    }
  };
  // The root is resized whenever content or window changes.
  new ResizeObserver(update).observe(root);
}
