// The share panel: the earner's own words go into the links, with their length; the system's own sharing where there is
// one; the Mastodon server is remembered in this browser. Without this script the links work with our words.
const KEPT = "mastodon-host";

function length(text) {
  return globalThis.Intl?.Segmenter ? [...new Intl.Segmenter().segment(text)].length : [...text].length;
}

function remembered() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export function enhanceSharing(root) {
  for (const panel of root.querySelectorAll("[data-share]")) {
    const words = panel.querySelector("[data-share-words]");
    const area = words?.querySelector("[data-text]");
    const count = words?.querySelector("[data-count]");
    const mastodon = panel.querySelector("[data-mastodon]");
    const system = panel.querySelector("[data-system]");
    const fill = () => {
      const text = area.value.trim();
      for (const link of panel.querySelectorAll("[data-pattern]")) {
        link.href = link.dataset.pattern.replace("{text}", () => encodeURIComponent(text));
      }
      const host = remembered();
      if (mastodon && host) {
        mastodon.href = `https://${host}/share?text=${encodeURIComponent(`${text} ${mastodon.dataset.mastodon}`)}`;
      }
      count.textContent = `${length(text)} ${count.dataset.count}`;
    };
    if (area) {
      words.hidden = false;
      area.addEventListener("input", fill);
      fill();
    }
    if (system && navigator.share && matchMedia("(pointer: coarse)").matches) {
      system.hidden = false;
      system.addEventListener("click", () => {
        navigator.share({ text: area?.value ?? "", url: system.dataset.url }).catch(() => {});
      });
    }
  }
  for (const link of root.querySelectorAll("[data-mastodon-host]")) {
    try {
      localStorage.setItem(KEPT, link.dataset.mastodonHost);
    } catch {
      // A browser that keeps nothing asks again.
    }
  }
}
enhanceSharing(document);
