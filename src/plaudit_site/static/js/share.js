// The share panel: the earner's own words go into the links, with what each network counts; the system's own sharing where
// there is one; the Mastodon server that was gone to is remembered in this browser. Without this script the links work with our words.
const KEPT = "mastodon-host";

function signs(text) {
  return globalThis.Intl?.Segmenter
    ? [...new Intl.Segmenter().segment(text)].map((one) => one.segment)
    : [...text];
}

// What a network counts, not what a person sees. X counts an address as 23 whatever its length, and as two each picture
// and each letter outside of the scripts in these ranges. Bluesky counts signs, and the address is among them.
const ADDRESS = /https?:\/\/\S+/g;
const OF_ONE = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];
const COUNTS = {
  x: (text) => {
    const rest = signs(text.replace(ADDRESS, "").normalize("NFC"));
    const ofOne = (sign) => [...sign].every((one) => OF_ONE.some(([from, to]) => from <= one.codePointAt(0) && one.codePointAt(0) <= to));
    const addresses = (text.match(ADDRESS) ?? []).length;
    return rest.reduce((sum, sign) => sum + (ofOne(sign) ? [...sign].length : 2), addresses * 23);
  },
  bluesky: (text) => signs(text).length,
};

function told(counter, text) {
  const said = [];
  for (const one of counter.querySelectorAll("[data-network]")) {
    const number = COUNTS[one.dataset.network](`${text} ${one.dataset.address}`.trim());
    const most = Number(one.dataset.most);
    const words = number > most ? one.dataset.over : one.dataset.fits;
    one.textContent = words.replace("{number}", number).replace("{over}", number - most);
    one.classList.toggle("over", number > most);
    said.push(number > most);
  }
  return said.includes(true);
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
    const another = panel.querySelector("[data-mastodon-another]");
    const system = panel.querySelector("[data-system]");
    const fill = () => {
      const text = area.value.trim();
      for (const link of panel.querySelectorAll("[data-pattern]")) {
        // In a mail a line ends with both signs (RFC 6068, section 5).
        const own = link.dataset.pattern.startsWith("mailto:") ? text.replace(/\r?\n/g, "\r\n") : text;
        link.href = link.dataset.pattern.replace("{text}", () => encodeURIComponent(own));
      }
      const host = remembered();
      if (mastodon && host) {
        another.hidden = false;
        another.querySelector("[data-mastodon-kept]").textContent = host;
        mastodon.href = `https://${host}/share?text=${encodeURIComponent(`${text} ${mastodon.dataset.mastodon}`)}`;
      }
      if (told(count, text)) area.setAttribute("aria-invalid", "true");
      else area.removeAttribute("aria-invalid");
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
    // Kept when it is gone to: what was mistyped and only looked at is not.
    for (const press of ["click", "auxclick"]) {
      link.addEventListener(press, () => {
        try {
          localStorage.setItem(KEPT, link.dataset.mastodonHost);
        } catch {
          // A browser that keeps nothing asks again.
        }
      });
    }
  }
}
enhanceSharing(document);
