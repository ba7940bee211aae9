// Has the issuer withdrawn it? The bit in the issuer's list, which is signed as the badge is.
(() => {
  const { Failed, Unknown, base64url, caught, isObject, issuerOf, judgeProofs, listed, lookAt, parseDate, parseObject } = plaudit;

  const LIST = "application/vc, application/vc+ld+json;q=0.9, application/json;q=0.8";
  const WITHDRAWN = ["revocation", "suspension"];
  const LEAST_BITS = 131072;
  const MOST_BYTES = 8 * 1024 * 1024;

  const unzip = async (bytes) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const reader = stream.getReader();
    const parts = [];
    let size = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.length;
        if (size > MOST_BYTES) throw new Failed("the list is larger than any that is used");
        parts.push(value);
      }
    } catch (error) {
      if (error instanceof Failed) throw error;
      throw new Failed(`the list cannot be unpacked: ${error.message}`);
    }
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };

  // The last list of a site that has ended (awards/statuslists.py) says of which day it is; "" of any other.
  const frozenOn = ({ description, validUntil }) =>
    validUntil === undefined && typeof description === "string" ? (/\bfrozen on (\d{4}-\d{2}-\d{2})\b/.exec(description)?.[1] ?? "") : "";

  const checkEntry = async (entry, issuer, how) => {
    if (!isObject(entry)) throw new Failed("a malformed status");
    if (entry.type !== "BitstringStatusListEntry") throw new Unknown("a status of a kind not checked here");
    const { statusPurpose: purpose, statusListCredential: address, statusSize: bits = 1 } = entry;
    const index = String(entry.statusListIndex);
    if (!/^\d{1,12}$/.test(index) || typeof address !== "string") throw new Failed("a malformed status");
    if (bits !== 1 || !WITHDRAWN.includes(purpose)) throw new Unknown("a status with a meaning not known here");
    const list = await readList(address, issuer, how);
    const subject = list.credentialSubject;
    if (!listed(subject.statusPurpose).includes(purpose)) throw new Failed("the list is for another purpose");
    if (typeof subject.encodedList !== "string" || !subject.encodedList.startsWith("u")) throw new Failed("the list is not written as the standard asks");
    const bytes = await unzip(base64url(subject.encodedList.slice(1)));
    if (bytes.length * 8 < LEAST_BITS || Number(index) >= bytes.length * 8) throw new Failed("the place is not in the list");
    const set = (bytes[Number(index) >> 3] >> (7 - (Number(index) & 7))) & 1;
    if (set) throw Object.assign(new Failed(`entry ${index} is set`), { withdrawn: purpose, entry: index });
    return { detail: list.validFrom ?? "", entry: index, frozen: frozenOn(list) };
  };

  // The list as a document: nobody else may have signed it, and it must be of now.
  const readList = async (address, issuer, how) => {
    const text = await how.ask(address, LIST);
    let list;
    try {
      list = parseObject(text);
    } catch (error) {
      throw new Unknown(`the list could not be read: ${error.message}`);
    }
    if (issuerOf(list) !== issuer) throw new Failed("the list is somebody else's");
    const { proof: _proof, ...unsecured } = list;
    lookAt(unsecured, how.contexts);
    const { proof, key } = await judgeProofs(list, how);
    for (const problem of [key, proof]) if (problem instanceof Failed) throw new Failed(`the list: ${problem.message}`);
    for (const problem of [key, proof]) if (problem) throw new Unknown(`the list: ${problem.message}`);
    const [begin, end] = [list.validFrom, list.validUntil].map(parseDate);
    const early = "validFrom" in list && (begin === null || begin > how.at + 300000);
    if (early || ("validUntil" in list && (end === null || how.at > end))) throw new Unknown("the list is out of date");
    const subject = list.credentialSubject;
    const fits = listed(list.type).includes("BitstringStatusListCredential") && isObject(subject) && subject.type === "BitstringStatusList";
    if (!fits) throw new Failed("what stands there is no list of withdrawn badges");
    if ("ttl" in subject && !(subject.ttl >= 0)) throw new Failed("the list is malformed");
    return list;
  };

  // Of several lists: what is for good before what may come back, and both before a list that says nothing.
  const weight = (problem) => (problem.withdrawn ? WITHDRAWN.indexOf(problem.withdrawn) : problem instanceof Failed ? 2 : 3);

  // What the older one of the lists said; "absent" when the badge names none.
  const checkStatus = async (document, how) => {
    if (!("credentialStatus" in document)) return "absent";
    const entries = listed(document.credentialStatus);
    if (!entries.length || entries.length > 4) throw new Unknown("a malformed status");
    const found = [];
    const problems = [];
    for (const entry of entries) {
      try {
        found.push(await checkEntry(entry, issuerOf(document), how));
      } catch (problem) {
        problems.push(caught(problem));
      }
    }
    if (problems.length) throw problems.sort((one, other) => weight(one) - weight(other))[0];
    return found.sort((one, other) => (one.detail < other.detail ? -1 : 1))[0];
  };

  Object.assign(plaudit, { checkStatus });
})();
