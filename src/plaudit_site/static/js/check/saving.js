// One file that holds the badge, what was read about it, when, and these very scripts: it checks itself without a network.
(() => {
  const { element, moment, words } = plaudit;

  const inScript = (value) => JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

  const digest = async (text) => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return `'sha256-${btoa(String.fromCharCode(...hash))}'`;
  };

  const read = async (address) => {
    const answer = await fetch(address, { credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.text()).replace(/<\/(script|style)/gi, "<\\/$1");
  };

  // `saved` is {badge, address, at, web: {address: {text, at}}}.
  const build = async (saved, known) => {
    const scripts = [...document.querySelectorAll("script[data-check-part]")].map((one) => one.src);
    const texts = await Promise.all([...scripts, document.querySelector("[data-check-saved]").dataset.checkSaved].map(read));
    const style = await read(document.querySelector("[data-check-style]").dataset.checkStyle);
    const allowed = (await Promise.all(texts.map(digest))).join(" ");
    const policy = `default-src 'none'; style-src ${await digest(style)}; script-src ${allowed}; img-src data:; base-uri 'none'; form-action 'none'`;
    const page = document.implementation.createHTMLDocument(words.saved.title);
    page.documentElement.lang = document.documentElement.lang;
    page.documentElement.dir = document.documentElement.dir;
    const add = (parent, tag, attributes, text = "") => parent.append(element(tag, attributes, text));
    page.head.prepend(element("meta", { "http-equiv": "Content-Security-Policy", content: policy }));
    page.head.prepend(element("meta", { charset: "utf-8" }));
    add(page.head, "meta", { name: "viewport", content: "width=device-width, initial-scale=1" });
    page.head.append(page.createComment("style"));
    const main = element("main", {}, element("h1", {}, words.saved.title), element("p", { class: "lead" }, words.saved.lead));
    main.append(element("div", { id: "found", role: "status" }), links(saved));
    page.body.append(main, document.getElementById("check-icons").cloneNode(true));
    const facts = { "check-words": words, "check-known": known, "check-saved": saved };
    for (const [id, value] of Object.entries(facts)) add(page.body, "script", { type: "application/json", id }, inScript(value));
    page.body.append(page.createComment("scripts"));
    // Styles and scripts are put in as text: the policy of this page has no say in what another one may hold.
    const whole = page.documentElement.outerHTML
      .replace("<!--style-->", () => `<style>${style}</style>`)
      .replace("<!--scripts-->", () => texts.map((text) => `<script>${text}</${"script"}>`).join("\n"));
    return `<!doctype html>\n${whole}\n`;
  };

  const links = (saved) => {
    const here = `${location.origin}${location.pathname}${saved.address ? `#${saved.address}` : ""}`;
    const list = element("ul", { class: "read" });
    for (const [address, { at }] of Object.entries(saved.web)) list.append(element("li", { dir: "ltr" }, `${address} (${moment(at)})`));
    return element(
      "section", {}, element("h2", {}, words.saved.anew), element("p", {}, element("a", { href: here }, here)),
      element("h2", {}, words.saved.read), list,
    );
  };

  const offer = (text, name) => {
    const address = URL.createObjectURL(new Blob([text], { type: "text/html" }));
    const link = element("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };

  Object.assign(plaudit, { build, offer });
})();
