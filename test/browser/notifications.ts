/** Watches for notification toasts: every one that appears is kept with its text, also when it goes again. */
import type { Page } from "playwright-core";

/** Runs in the workbench's page, before its own scripts. */
const watcher = `
  window.seenToasts = [];
  new MutationObserver((mutations) => {
    for (const { addedNodes } of mutations) {
      for (const node of addedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        const toast = node.matches(".notification-toast") ? node : node.querySelector(".notification-toast");
        if (toast !== null) window.seenToasts.push(toast.querySelector(".notification-list-item-message")?.textContent ?? "");
      }
    }
  }).observe(document, { childList: true, subtree: true });
`;

export async function watchNotifications(page: Page): Promise<void> {
  await page.addInitScript({ content: watcher });
}

export function seenNotifications(page: Page): Promise<readonly string[]> {
  return page.evaluate("window.seenToasts");
}
