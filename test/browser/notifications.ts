/** Collects the text of every notification that appears, even if it disappears again. */
import type { Page } from "playwright-core";

/** Script that runs in the workbench's page before its own scripts. */
const watcher = `
  window.seenNotifications = [];
  new MutationObserver((mutations) => {
    for (const { addedNodes } of mutations) {
      for (const node of addedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        const toast = node.matches(".notification-toast") ? node : node.querySelector(".notification-toast");
        if (toast !== null) window.seenNotifications.push(toast.querySelector(".notification-list-item-message")?.textContent ?? "");
      }
    }
  }).observe(document, { childList: true, subtree: true });
`;

export async function watchNotifications(page: Page): Promise<void> {
  await page.addInitScript({ content: watcher });
}

export function seenNotifications(page: Page): Promise<readonly string[]> {
  return page.evaluate("window.seenNotifications");
}
