// A report as a page shows it. Every word comes from the page's own list, every text of the badge is put in as text.
(() => {
  const data = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = data("check-words");

  const element = (tag, attributes = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== "") made.setAttribute(name, value);
    made.append(...inside.filter((one) => one !== null));
    return made;
  };

  const icon = (name) => document.getElementById("check-icons").content.querySelector(`[data-icon="${name}"]`).firstElementChild.cloneNode(true);

  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

  // Plain English reads 14 November, which nobody takes for the eleventh of some month.
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const moment = (at) => new Date(at).toLocaleString(language, { dateStyle: "medium", timeStyle: "medium" });
  const day = (text) => new Date(text).toLocaleDateString(language, { dateStyle: "long" });

  const MARKS = { passed: "circle-check", failed: "circle-x", unknown: "circle-question-mark", absent: "info", saved: "history" };
  const TONES = { passed: ["ok", "badge-check"], frozen: ["ok", "badge-check"], failed: ["bad", "octagon-x"], unknown: ["grey", "circle-question-mark"], unbelieved: ["grey", "circle-question-mark"], saved: ["grey", "history"] };

  // Which sentence stands above: the reason that counts most.
  const kind = (report) => {
    const { dates, status, ...file } = report.checks;
    if (report.verdict === "passed" && status?.frozen) return "frozen";
    if (report.verdict !== "failed") return report.verdict;
    if (Object.values(file).some((one) => one.outcome === "failed")) return "failed";
    if (status?.outcome === "failed") return status.withdrawn ?? "unbelieved";
    // “Was genuine” is said only where nothing is open.
    if (Object.values(report.checks).some((one) => one.outcome === "unknown")) return "unknown";
    if (dates?.outcome === "failed" && dates.when) return Date.parse(dates.when) > report.at ? "early" : "expired";
    return "failed";
  };

  const verdict = (report) => {
    const found = kind(report);
    const [tone, mark] = found === "expired" || found === "early" ? ["warn", "calendar-x"] : (TONES[found] ?? TONES.failed);
    const { title, text } = words.verdicts[found];
    const of = found === "frozen" ? day(report.checks.status.frozen) : (report.savedOn ?? "");
    const inside = element("div", {}, element("h2", { tabindex: "-1" }, filled(title, { day: of })), element("p", {}, filled(text, { day: of })));
    inside.append(element("p", {}, filled(words.checked, { at: moment(report.at) })));
    return element("section", { class: `verdict ${tone}`, "data-verdict": found }, icon(mark), inside);
  };

  // A list that is not the issuer's says nothing: that is no “revoked”.
  const kindOfLine = (id, { outcome, withdrawn, frozen }) => {
    if (frozen && (outcome === "passed" || outcome === "saved")) return [outcome, "frozen"];
    if (id !== "status" || outcome !== "failed") return [outcome, outcome];
    return withdrawn ? [outcome, withdrawn] : ["unknown", "unbelieved"];
  };

  const line = (id, found) => {
    const detail = found.withdrawn ? "" : found.detail;
    const [outcome, said] = kindOfLine(id, found);
    const { title, how } = words.checks[id][said] ?? { title: words.checks[id].passed.title, how: "" };
    const values = { entry: found.entry ?? "", day: found.frozen ? day(found.frozen) : "" };
    const label = element("span", { class: "lbl" }, filled(title, values), element("span", { class: "vh" }, `, ${words.outcomes[outcome]}.`));
    const why = element("div", { class: "why" }, how ? element("p", {}, filled(how, values)) : null, detail ? element("p", { class: "mono", dir: "ltr" }, detail) : null);
    const made = element("details", { class: outcome, "data-check": id }, element("summary", {}, icon(MARKS[outcome]), label), why);
    made.open = outcome === "failed";
    return made;
  };

  // Only what was signed by the key that was found; the issuer's name is its own word.
  const content = (report) => {
    const signed = report.document;
    if (report.isNoBadge) return element("p", { class: "notice" }, words.noBadge);
    if (!signed) return element("p", { class: "notice" }, words.nothing);
    const badge = signed.credentialSubject?.achievement ?? {};
    const issuer = typeof signed.issuer === "string" ? { id: signed.issuer } : signed.issuer;
    const text = (value) => (typeof value === "string" ? value : "");
    const facts = element("dl", { class: "facts-list" });
    const rows = [
      [words.facts.issuer, text(issuer.name)],
      [words.facts.identifier, text(issuer.id)],
      [words.facts.begins, signed.validFrom ? day(signed.validFrom) : ""],
      [words.facts.ends, signed.validUntil ? day(signed.validUntil) : ""],
    ];
    for (const [name, value] of rows) if (value) facts.append(element("div", {}, element("dt", {}, name), element("dd", { dir: "auto" }, value)));
    return element("div", { class: "said" }, element("p", { class: "what", dir: "auto" }, text(badge.name)), facts);
  };

  // Puts the report into `place`, which is a live region.
  const show = (report, place) => {
    const checks = element("div", { class: "checks" }, ...Object.entries(report.checks).map(([id, found]) => line(id, found)));
    place.replaceChildren(verdict(report), element("section", { class: "panel", "aria-label": words.list }, checks), content(report));
  };

  Object.assign(plaudit, { data, element, filled, moment, show, words });
})();
