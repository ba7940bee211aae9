// Manage opens as a dialog over the Earned page. Without this script, or when anything fails,
// the link goes to the same thing as a page of its own.
import { enhanceCopying } from "./copy.js";
import { enhanceSharing } from "./share.js";

const dialog = document.querySelector("dialog[data-manage]");

async function open(link) {
  const address = new URL(link.href, location.href);
  address.searchParams.set("part", "1");
  const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" }, redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-part]");
  if (!part) throw new Error("no part");
  dialog.replaceChildren(document.importNode(part, true));
  enhanceCopying(dialog);
  enhanceSharing(dialog);
  const heading = dialog.querySelector("h2, h1");
  heading.tabIndex = -1;
  for (const close of dialog.querySelectorAll("[data-close]")) {
    close.hidden = false;
    close.addEventListener("click", () => dialog.close());
  }
  dialog.showModal();
  heading.focus();
  dialog.addEventListener("close", () => link.focus(), { once: true });
}

if (dialog && typeof dialog.showModal === "function") {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-opens-manage]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link).catch(() => { location.href = link.href; });
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
