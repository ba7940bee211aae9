// The signature: a Data Integrity proof in the badge, or a JWT around it.
(() => {
  const { Failed, Unknown, base58, base64url, canonical, findKey, hash, isObject, isSignedBy, listed, lookAt, parseDate, parseObject } = plaudit;

  const SUITES = { "eddsa-rdfc-2022": "Ed25519", "ecdsa-rdfc-2019": "P-256" };
  const MEMBERS = new Set([
    "id", "type", "cryptosuite", "created", "expires", "verificationMethod", "proofPurpose", "proofValue", "domain", "challenge", "nonce",
  ]);
  const ALGORITHMS = { ES256: "P-256", EdDSA: "Ed25519", Ed25519: "Ed25519" };
  const SOUND = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "ES256K", "Ed448"];
  const CLAIMS = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

  const issuerOf = (document) => (isObject(document.issuer) ? document.issuer.id : document.issuer);

  // Each finding is {proof, key}: null for passed, else the Failed or Unknown that says why.
  const judgeProof = async (document, proof, how) => {
    try {
      if (!isObject(proof)) throw new Failed("the proof is no object");
      if (proof.type !== "DataIntegrityProof" || !(proof.cryptosuite in SUITES)) {
        throw new Unknown(`a signature of a kind not checked here: ${proof.type} ${proof.cryptosuite ?? ""}`);
      }
      if ("previousProof" in proof) throw new Unknown("a chain of signatures is not checked here");
      lookAtOptions(proof, how.at);
    } catch (problem) {
      return { proof: caught(problem), key: new Unknown("the key was not looked up") };
    }
    let key;
    try {
      key = await findKey(issuerOf(document), proof.verificationMethod, how);
    } catch (problem) {
      return { proof: new Unknown("the signature was not checked, because the key is not known"), key: caught(problem) };
    }
    try {
      await checkSignature(document, proof, key, how);
      return { proof: null, key: null };
    } catch (problem) {
      return { proof: caught(problem), key: null };
    }
  };

  const caught = (problem) => {
    if (problem instanceof Failed || problem instanceof Unknown) return problem;
    return new Unknown(String(problem?.message ?? problem));
  };

  const lookAtOptions = (proof, at) => {
    for (const name of Object.keys(proof)) if (!MEMBERS.has(name)) throw new Failed(`${name} is no member of a proof`);
    if (proof.proofPurpose !== "assertionMethod") throw new Failed("a signature made for another purpose");
    if (typeof proof.verificationMethod !== "string") throw new Failed("the signature names no key");
    if ("created" in proof && parseDate(proof.created) === null) throw new Failed("the signature's date is malformed");
    if ("expires" in proof) {
      const end = parseDate(proof.expires);
      if (end === null || at > end) throw new Failed("the signature has expired");
    }
  };

  const checkSignature = async (document, proof, key, how) => {
    if (key.kind !== SUITES[proof.cryptosuite]) throw new Failed("the key is of another kind than the signature");
    if (typeof proof.proofValue !== "string" || !proof.proofValue.startsWith("z")) throw new Failed("the signature is damaged");
    const signature = base58(proof.proofValue.slice(1));
    const { proof: _proofs, ...unsecured } = document;
    const { proofValue: _value, ...options } = proof;
    options["@context"] = document["@context"];
    lookAt(options, how.contexts);
    const data = new Uint8Array(64);
    data.set(await hash(await canonical(options, how.contexts)), 0);
    data.set(await hash(await canonical(unsecured, how.contexts)), 32);
    if (!(await isSignedBy(key, signature, data))) throw new Failed("the signature does not fit the content");
  };

  const chained = () => ({ proof: new Unknown("a chain of signatures is not checked here"), key: new Unknown("the key was not looked up") });

  // Of several proofs one good one is enough; else the worst that was found counts.
  const judgeProofs = async (document, how) => {
    const proofs = listed(document.proof);
    const missing = "proof" in document && !proofs.length;
    if (!proofs.length || missing) return { proof: new Failed("there is no signature"), key: new Unknown("no key was used") };
    if (proofs.length > 4) return { proof: new Unknown("too many signatures"), key: new Unknown("the key was not looked up") };
    const found = [];
    for (const proof of proofs) found.push(await judgeProof(document, proof, how));
    const rank = ({ proof, key }) => (!proof && !key ? 0 : proof instanceof Failed || key instanceof Failed ? 1 : 2);
    const [best] = found.sort((a, b) => rank(a) - rank(b));
    // Of a chain a proof may be another's, and be right: that is not judged here.
    if (rank(best) && proofs.some((one) => isObject(one) && "previousProof" in one)) return chained();
    return best;
  };

  // A JWT around the badge (Open Badges 3.0 section 8.2)

  const readToken = (token) => {
    const parts = token.trim().split(".");
    const [header, payload] = parts.slice(0, 2).map((part) => parseObject(new TextDecoder("utf-8", { fatal: true }).decode(base64url(part))));
    if ("vc" in payload) throw new Unknown("a JWT of the older data model is not checked here");
    const document = Object.fromEntries(Object.entries(payload).filter(([name]) => !CLAIMS.includes(name)));
    if (!("@context" in document) || !("type" in document)) throw new Failed("the JWT holds no badge");
    if (!("validUntil" in document) && "exp" in payload) throw new Unknown("a JWT whose end stands in its claims alone");
    return { document, header, payload, signature: base64url(parts[2]), signed: token.trim().slice(0, token.trim().lastIndexOf(".")) };
  };

  const mediaType = (value) => String(value).toLowerCase().replace(/^application\//, "");

  const lookAtHeader = (header) => {
    if (SOUND.includes(header.alg)) throw new Unknown(`a JWT signed with ${header.alg} is not checked here`);
    if (!(header.alg in ALGORITHMS)) throw new Failed("an algorithm that is not accepted");
    const other = Object.keys(header).filter((name) => !["alg", "kid", "jwk", "typ", "cty"].includes(name));
    if (other.length) throw new Failed(`the header holds what it may not: ${other[0]}`);
    if (!["jwt", "vc+jwt", "vc+ld+jwt", "vc+ld+json+jwt"].includes(mediaType(header.typ ?? "JWT"))) throw new Failed("a token that is no badge");
    if (!["vc", "vc+ld+json", "json"].includes(mediaType(header.cty ?? "vc"))) throw new Failed("a token that is no badge");
    if ("kid" in header && typeof header.kid !== "string") throw new Failed("the key's name is no text");
    if ("jwk" in header) {
      if (isObject(header.jwk) && "d" in header.jwk) throw new Failed("the header gives a private key away");
      throw new Unknown("a JWT with its key in the header is not checked here");
    }
  };

  // Open Badges 3.0 wants the claims to be there; the types of VC-JOSE-COSE do not, only that they say the same.
  const lookAtClaims = (document, header, payload) => {
    const asked = (name) => mediaType(header.typ ?? "JWT") === "jwt" || name in payload;
    const seconds = (value) => {
      const at = parseDate(value);
      return at === null ? NaN : at / 1000;
    };
    const isDate = (claim, value) => typeof claim === "number" && (claim === seconds(value) || claim === Math.floor(seconds(value)));
    if (asked("iss") && payload.iss !== issuerOf(document)) throw new Failed("the claim iss is not the issuer");
    if (asked("jti") && (payload.jti !== document.id || typeof payload.jti !== "string")) throw new Failed("the claim jti is not the badge's id");
    if (asked("sub") && (payload.sub !== document.credentialSubject?.id || typeof payload.sub !== "string")) throw new Failed("the claim sub is not the subject");
    if (asked("nbf") && !isDate(payload.nbf, document.validFrom)) throw new Failed("the claim nbf is not the beginning");
    if ("exp" in payload && !isDate(payload.exp, document.validUntil)) throw new Failed("the claim exp is not the end");
    if ("aud" in payload) throw new Failed("the token was made for somebody else");
  };

  const judgeToken = async (token, how) => {
    const { document, header, payload, signature, signed } = token;
    try {
      lookAtHeader(header);
      lookAtClaims(document, header, payload);
    } catch (problem) {
      return { proof: caught(problem), key: new Unknown("the key was not looked up") };
    }
    let key;
    try {
      key = await findKey(issuerOf(document), header.kid, how);
      if (key.kind !== ALGORITHMS[header.alg]) throw new Failed("the key is of another kind than the signature");
    } catch (problem) {
      return { proof: new Unknown("the signature was not checked, because the key is not known"), key: caught(problem) };
    }
    const good = await isSignedBy(key, signature, new TextEncoder().encode(signed));
    return { proof: good ? null : new Failed("the signature does not fit the content"), key: null };
  };

  Object.assign(plaudit, { caught, issuerOf, judgeProofs, judgeToken, readToken });
})();
