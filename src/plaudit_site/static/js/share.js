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

// Fetched before the press: what waits for an answer after it is no longer the person's own press.
async function pictureFile(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return new File([await answer.blob()], "badge.png", { type: "image/png" });
}

function offerSystem(button, text) {
  let file = null;
  if (navigator.canShare) pictureFile(button.dataset.picture).then((made) => { file = made; }, () => {});
  button.hidden = false;
  button.addEventListener("click", () => {
    const said = { title: button.dataset.title, text: text(), url: button.dataset.url };
    const whole = file && { ...said, files: [file] };
    navigator.share(whole && navigator.canShare(whole) ? whole : said).catch(() => {});
  });
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
      offerSystem(system, () => area?.value ?? "");
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
