// The page: takes a badge, reads what has to be read, shows what was found, saves it when asked.
(() => {
  const { Failed, Unknown, build, element, filled, offer, show, unpack, verify, words } = plaudit;
  const form = document.querySelector("form[data-check]");
  const place = document.getElementById("found");
  const save = document.querySelector("[data-save]");
  const status = document.getElementById("wait");
  const MOST_BYTES = 1024 * 1024;
  const SECONDS = 10;
  // A page that says so of itself shows only a part of a badge: there is no file behind it.
  const PART = /<meta name="open-badge" content="part">/i;
  let known = null;
  let last = null;
  let named = "";

  const allowed = (address) => {
    const url = new URL(address);
    return url.protocol === "https:" || url.origin === location.origin ? url : null;
  };

  const read = async (address, accept, most) => {
    let answer;
    try {
      if (!allowed(address)) throw new Error("no https address");
      answer = await fetch(address, {
        credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", headers: { Accept: accept }, signal: AbortSignal.timeout(SECONDS * 1000),
      });
    } catch (error) {
      throw new Unknown(`${address}: ${error.message}`);
    }
    if (!answer.ok) throw new Unknown(`${address}: ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.length > most) throw new Unknown(`${address}: too long`);
    return bytes;
  };

  // What is read for a check is kept, with its time, for the file that can be saved.
  const asking = (web) => async (address, accept) => {
    if (address in web) return web[address].text;
    if (Object.keys(web).length >= 20) throw new Unknown("too many addresses");
    const bytes = await read(address, accept, MOST_BYTES);
    web[address] = { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), at: Date.now() };
    return web[address].text;
  };

  const given = async () => {
    const [file] = form.elements.file.files;
    const text = form.elements.text.value.trim();
    if (file) return { badge: unpack(new Uint8Array(await file.arrayBuffer())), address: "" };
    if (!text) return null;
    if (!/^https?:\/\/\S+$/.test(text)) return { badge: text, address: "" };
    const wanted = "application/vc, application/vc+ld+json;q=0.9, application/vc+jwt;q=0.8, image/png;q=0.7, image/svg+xml;q=0.7";
    try {
      const bytes = await read(text, wanted, 5 * MOST_BYTES);
      if (PART.test(new TextDecoder().decode(bytes.subarray(0, MOST_BYTES / 4)))) throw new Part("part", text);
      return { badge: unpack(bytes), address: text };
    } catch (problem) {
      throw problem instanceof Unknown && isOfPart(text) ? new Part("noPart", problem.message) : problem;
    }
  };

  class Part extends Error {
    constructor(kind, message) {
      super(message);
      this.kind = kind;
    }
  }

  const isOfPart = (address) => {
    const url = new URL(address);
    return url.origin === location.origin && url.pathname.startsWith(form.dataset.parts);
  };

  const failed = (problem) => {
    const kind = problem.kind ?? (problem instanceof Failed ? "failed" : "unknown");
    const { title, text, link } = words.unread[kind];
    const last = link ? element("p", {}, element("a", { href: problem.message }, link)) : element("p", { class: "mono", dir: "ltr" }, problem.message);
    const tone = kind === "part" ? "info" : "bad";
    place.replaceChildren(element("section", { class: `notice ${tone}` }, element("div", { class: "grow" }, element("h2", {}, title), element("p", {}, text), last)));
  };

  // Letters and digits that every system takes; of the badge and its issuer only what was signed by the key that was found.
  const plain = (text) => (typeof text === "string" ? text : "").normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 40).replace(/^-|-$/g, "");

  const fileName = ({ document: signed }, at) => {
    const parts = [plain(signed?.credentialSubject?.achievement?.name), plain(signed?.issuer?.name), new Date(at).toISOString().slice(0, 10)];
    return `${parts.filter(Boolean).join("-")}.html`;
  };

  const check = async () => {
    save.hidden = true;
    last = null;
    status.textContent = words.wait;
    try {
      const found = await given();
      if (!found) {
        form.elements.text.focus();
        status.textContent = words.empty;
        return;
      }
      known ??= await (await fetch(form.dataset.known)).json();
      const web = {};
      const ownHost = location.protocol === "http:" ? location.host : null;
      const at = Date.now();
      const report = await verify(found.badge, { ask: asking(web), at, ownHost, ...known });
      last = { ...found, web, at, ownHost };
      named = fileName(report, at);
      show(report, place);
      save.hidden = false;
      status.textContent = "";
    } catch (problem) {
      failed(problem);
      status.textContent = "";
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  save.addEventListener("click", async () => {
    offer(await build(last, known), filled(words.saved.file, { name: named }));
  });

  // The part behind the # is never sent anywhere. A badge of this site is checked at once, another's when asked to.
  let address = "";
  try {
    address = decodeURIComponent(location.hash.slice(1));
  } catch {
    // No address: somebody's link was cut in the middle.
  }
  document.querySelector("[data-without]").remove();
  form.hidden = false;
  if (/^https?:\/\/\S+$/.test(address)) {
    form.elements.text.value = address;
    if (new URL(address).origin === location.origin) check();
  }
})();
