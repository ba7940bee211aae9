// Inside a saved file: checks what the file carries, and never says more than that is worth.
(async () => {
  const { Unknown, data, moment, show, verify } = plaudit;
  const saved = data("check-saved");
  const known = data("check-known");
  const ask = async (address) => {
    if (!(address in saved.web)) throw new Unknown("this file does not carry it");
    return saved.web[address].text;
  };
  const report = await verify(saved.badge, { ask, at: Date.now(), ownHost: saved.ownHost, ...known });
  // The file vouches for nothing: whoever made it chose the keys and the list that are in it.
  const { key, status } = report.checks;
  if (key.outcome === "passed") report.checks.key = { ...key, outcome: "saved" };
  if (status.outcome === "passed") report.checks.status = { ...status, outcome: "saved" };
  if (report.verdict === "passed") report.verdict = "saved";
  report.savedOn = moment(saved.at);
  show(report, document.getElementById("found"));
})();
