// All checks of one badge, in order; what each found is data. The page only shows it.
(() => {
  const { Failed, Unknown, caught, checkStatus, fit, isJws, isObject, issuerOf, judgeProofs, judgeToken, listed, lookAt, canonical, parseDate, parseObject, readToken } = plaudit;

  const SKEW = 5 * 60 * 1000;
  const V2 = "https://www.w3.org/ns/credentials/v2";
  const OWN_SCHEMA = /^https:\/\/purl\.imsglobal\.org\/spec\/(?:ob\/v3p0|clr\/v2p0)\/schema\/json(?:-ld)?\/(?:ob_v3p0|clr_v2p0)_[a-z0-9_]+_schema\.json$/;

  const outcomeOf = (problem) => (problem instanceof Failed ? "failed" : "unknown");

  const read = (text) => {
    const token = isJws(text) ? readToken(text) : null;
    const document = token ? token.document : parseObject(text);
    const types = listed(document.type);
    if (listed(document["@context"]).includes("https://w3id.org/openbadges/v2")) {
      throw new Unknown("a badge of version 2 holds because of where it stands: the site checks it, not this page");
    }
    if (types.includes("EnvelopedVerifiableCredential") || types.includes("VerifiablePresentation")) {
      throw new Unknown("an envelope is not opened here: take the badge out of it");
    }
    return { document, token };
  };

  const checkModel = (document, schema) => {
    const types = listed(document.type);
    if (listed(document["@context"])[0] !== V2) throw new Unknown("a badge of an older data model is not checked here");
    if (!types.includes("VerifiableCredential")) throw new Failed("no credential");
    if (!types.some((one) => ["OpenBadgeCredential", "AchievementCredential"].includes(one))) throw new Unknown("a credential, but no Open Badge");
    if (typeof issuerOf(document) !== "string") throw new Failed("the issuer has no id");
    const subject = document.credentialSubject;
    if (Array.isArray(subject)) throw new Unknown("several subjects are not checked here");
    const badge = subject?.achievement;
    if (!isObject(badge) || typeof badge.id !== "string") throw new Failed("it does not say what was achieved");
    if (!isObject(badge.criteria)) throw new Failed("it does not say what was required");
    checkResources(document);
    fit(document, schema);
    for (const named of listed(document.credentialSchema)) {
      if (!OWN_SCHEMA.test(named?.id)) throw new Unknown("it asks to be held against rules that are not known here");
    }
  };

  // Verifiable Credentials 2.0, section 5.3: each resource once, and with a digest.
  const checkResources = (document) => {
    const seen = new Set();
    for (const one of "relatedResource" in document ? listed(document.relatedResource) : []) {
      if (!isObject(one) || typeof one.id !== "string" || seen.has(one.id)) throw new Failed("it names a resource twice, or without its address");
      seen.add(one.id);
      const digests = [one.digestSRI, one.digestMultibase].flat().filter((digest) => digest !== undefined);
      if (!digests.every((digest) => typeof digest === "string") || !digests.some(Boolean)) throw new Failed("it names a resource without its digest");
    }
  };

  const checkDates = (document, at) => {
    const [begin, end] = [document.validFrom, document.validUntil].map(parseDate);
    if (begin === null) throw new Failed("it does not say since when it is valid");
    if ("validUntil" in document && end === null) throw new Failed("it does not say clearly until when it is valid");
    if (end !== null && end < begin) throw new Failed("it ends before it begins");
    if (begin > at + SKEW) throw Object.assign(new Failed("not valid yet"), { when: document.validFrom });
    if (end !== null && at > end) throw Object.assign(new Failed("out of date"), { when: document.validUntil });
  };

  const checkInner = (document) => {
    const badge = document.credentialSubject?.achievement;
    const held = [document, document.issuer, badge].some((one) => isObject(one) && ("endorsement" in one || "endorsementJwt" in one));
    if (held) throw new Unknown("what others signed inside it is not checked here");
    return "absent";
  };

  const run = async (report, id, check) => {
    try {
      const found = await check();
      report.checks[id] = { outcome: found === "absent" ? "absent" : "passed", detail: "", ...(typeof found === "object" ? found : {}) };
    } catch (problem) {
      const known = caught(problem);
      report.checks[id] = { outcome: outcomeOf(known), detail: known.message, when: known.when, withdrawn: known.withdrawn, entry: known.entry };
    }
  };

  const found = (problem, detail) => (problem ? { outcome: outcomeOf(problem), detail: problem.message } : { outcome: "passed", detail });

  // `text` is JSON or a compact JWS; `how` is {ask(address, accept) -> text, at, contexts, schema, ownHost}.
  const verify = async (text, how) => {
    const report = { checks: {}, document: null, at: how.at };
    let badge = null;
    await run(report, "parse", () => {
      badge = read(text);
    });
    if (!badge) {
      for (const id of ["terms", "model", "proof", "key", "dates", "status", "inner"]) report.checks[id] = { outcome: "unknown", detail: "" };
      return finished(report);
    }
    const { document, token } = badge;
    const { proof: _proof, ...unsecured } = document;
    await run(report, "terms", async () => {
      lookAt(unsecured, how.contexts);
      if (!(await canonical(unsecured, how.contexts)).trim()) throw new Failed("it states nothing");
    });
    await run(report, "model", () => checkModel(document, how.schema));
    const { proof, key } = token ? await judgeToken(token, how) : await judgeProofs(document, how);
    report.checks.proof = found(proof, token ? `JWT, ${token.header.alg}` : listed(document.proof)[0]?.cryptosuite);
    report.checks.key = found(key, issuerOf(document));
    await run(report, "dates", () => checkDates(document, how.at));
    const signed = ["terms", "proof", "key"].every((id) => report.checks[id].outcome === "passed");
    await run(report, "status", () => {
      if (signed) return checkStatus(document, how);
      if (!("credentialStatus" in document)) return "absent";
      throw new Unknown("nothing of what it says is known to be the issuer's");
    });
    await run(report, "inner", () => checkInner(document));
    // Nothing that nobody signed is ever shown, and nothing that is no sound badge.
    if (signed && report.checks.model.outcome !== "failed") report.document = document;
    report.isNoBadge = signed && !isObject(document.credentialSubject?.achievement);
    return finished(report);
  };

  const finished = (report) => {
    const outcomes = Object.values(report.checks).map((one) => one.outcome);
    report.verdict = outcomes.includes("failed") ? "failed" : outcomes.includes("unknown") ? "unknown" : "passed";
    return report;
  };

  Object.assign(plaudit, { verify });
})();
